import type { HttpServer } from '@selfsame/http/server';
import type { Context } from '../../context.ts';

/** Routes of consents. */
export function addConsentRoutes(_api: HttpServer, _context: Context): void {}
