import type { Admission } from '@selfsame/http/admission';
import { auditCalls, toOutbox } from '@selfsame/http/audit';
import { type KeyLookup, requireApiKey } from '@selfsame/http/authentication';
import { honourIdempotencyKeys } from '@selfsame/http/idempotency';
import { limitRates } from '@selfsame/http/rate-limit';
import type { HttpServer } from '@selfsame/http/server';
import { createHttpServer } from '@selfsame/http/server';
import type { Health } from '@selfsame/runtime/lifecycle';
import type { Context } from '../../context.ts';
import { addMediaRoute } from './media.ts';
import { addTemplateRoutes } from './templates.ts';

/** The public routes of this service. The caller listens. */
export function createApi(
  context: Context,
  options: { health: Health; trustedProxies: string[]; keys: KeyLookup; admission?: Admission },
): HttpServer {
  const { database, log, bus } = context;
  const { health, trustedProxies, keys, admission } = options;
  const server = createHttpServer({
    service: 'biometrics',
    log,
    health,
    trustProxy: trustedProxies,
    ...(admission && { admission }),
    openapi: {
      title: 'Selfsame biometric templates',
      description: 'Who is enrolled and since when. No call gives out a face or a template.',
    },
  });
  addMediaRoute(server, context);
  void server.register(async (api: HttpServer) => {
    requireApiKey(api, keys);
    limitRates(api, { database });
    honourIdempotencyKeys(api, { database });
    auditCalls(api, { service: 'biometrics', write: toOutbox({ database, bus }) });
    addTemplateRoutes(api, context);
  });
  return server;
}
