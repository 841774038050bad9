import type { HttpServer } from '@selfsame/http/server';
import type { Context } from '../../context.ts';

/** Routes of shares. */
export function addShareRoutes(_api: HttpServer, _context: Context): void {}
