import { auditCalls, toOutbox } from '@selfsame/http/audit';
import { requireApiKey, sessionKeyLookup } from '@selfsame/http/authentication';
import { honourIdempotencyKeys } from '@selfsame/http/idempotency';
import { limitRates } from '@selfsame/http/rate-limit';
import type { HttpServer } from '@selfsame/http/server';
import { createHttpServer } from '@selfsame/http/server';
import type { Health } from '@selfsame/runtime/lifecycle';
import type { Context } from '../../context.ts';
import { addBlocklistRoutes } from './blocklist.ts';
import { addDeviceRoutes } from './devices.ts';
import { addListEntryRoutes } from './list-entries.ts';
import { addListImportRoute } from './list-import.ts';
import { addListRoutes } from './lists.ts';

/** The public routes of this service. The caller listens. */
export function createApi(context: Context, health: Health): HttpServer {
  const { config, database, log } = context;
  const server = createHttpServer({
    service: 'fraud-signals',
    log,
    health,
    trustProxy: config.trustedProxies,
    admission: config,
    openapi: {
      title: 'Selfsame lists and devices',
      description: 'Block- and allowlists, and the devices that are known as a user’s.',
    },
  });
  void server.register(async (api: HttpServer) => {
    requireApiKey(api, sessionKeyLookup(context.session));
    limitRates(api, { database });
    honourIdempotencyKeys(api, { database });
    auditCalls(api, { service: 'fraud-signals', write: toOutbox({ database, bus: context.bus }) });
    addListRoutes(api, context);
    addListEntryRoutes(api, context);
    addListImportRoute(api, context);
    addBlocklistRoutes(api, context);
    addDeviceRoutes(api, context);
  });
  return server;
}
