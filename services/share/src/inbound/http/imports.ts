import type { HttpServer } from '@selfsame/http/server';
import type { Context } from '../../context.ts';

/** Routes of imports. */
export function addImportRoutes(_api: HttpServer, _context: Context): void {}
