import { auditCalls, toOutbox } from '@selfsame/http/audit';
import { requireApiKey, sessionKeyLookup } from '@selfsame/http/authentication';
import { honourIdempotencyKeys } from '@selfsame/http/idempotency';
import { limitRates } from '@selfsame/http/rate-limit';
import type { HttpServer } from '@selfsame/http/server';
import { createHttpServer } from '@selfsame/http/server';
import type { Health } from '@selfsame/runtime/lifecycle';
import type { Context } from '../../context.ts';
import { addConsentRoutes } from './consents.ts';
import { addImportRoutes } from './imports.ts';
import { addRecordRoutes } from './records.ts';
import { addShareSettingRoutes } from './share-settings.ts';
import { addShareRoutes } from './shares.ts';

/** The public routes of this service. The caller listens. */
export function createApi(context: Context, health: Health): HttpServer {
  const { config, database, log } = context;
  const server = createHttpServer({
    service: 'share',
    log,
    health,
    trustProxy: config.trustedProxies,
    admission: config,
    openapi: {
      title: 'Selfsame shares',
      description: 'Consents, shares with partner applications, imports, and the record of all of them.',
    },
  });
  void server.register(async (api: HttpServer) => {
    requireApiKey(api, sessionKeyLookup(context.session));
    limitRates(api, { database });
    honourIdempotencyKeys(api, { database });
    auditCalls(api, { service: 'share', write: toOutbox({ database, bus: context.bus }) });
    addConsentRoutes(api, context);
    addShareRoutes(api, context);
    addShareSettingRoutes(api, context);
    addImportRoutes(api, context);
    addRecordRoutes(api, context);
  });
  return server;
}
