import type { HttpServer } from '@selfsame/http/server';
import type { Context } from '../../context.ts';

/** Routes of records. */
export function addRecordRoutes(_api: HttpServer, _context: Context): void {}
