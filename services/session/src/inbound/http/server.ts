import type { AdmissionLimits } from '@selfsame/http/admission';
import { auditCalls } from '@selfsame/http/audit';
import { requireApiKey } from '@selfsame/http/authentication';
import { honourIdempotencyKeys } from '@selfsame/http/idempotency';
import { limitRates } from '@selfsame/http/rate-limit';
import type { HttpServer } from '@selfsame/http/server';
import { createHttpServer } from '@selfsame/http/server';
import type { Health } from '@selfsame/runtime/lifecycle';
import { writeCalls } from '../../audit-log.ts';
import type { Context } from '../../context.ts';
import { wantsSession } from '../../domain/intake.ts';
import { findPrincipal } from '../../outbound/application-store.ts';
import { auditLogRoutes } from './audit-logs.ts';
import { brandAssetRoutes } from './brand-assets.ts';
import { customizationRoutes } from './customization.ts';
import { deletionRoutes } from './deletions.ts';
import { erasureKeyRoutes, erasureRoutes } from './erasures.ts';
import { retentionRoutes } from './retention.ts';
import { reviewRoutes } from './reviews.ts';
import { sessionRoutes } from './sessions.ts';
import { standaloneRoutes } from './standalone.ts';
import { usageRoutes } from './usage.ts';
import { workflowRoutes } from './workflows.ts';

/** A portrait of 2 MB in base64 with everything around it, and room for one that is too large to be told so kindly. */
const bodyLimitBytes = 8 * 1024 * 1024;

/** The public routes of this service. The caller listens. */
export function createApi(
  context: Context,
  options: {
    health: Health;
    trustedProxies: string[];
    sessionCreationsPerMinute: number;
    admission: AdmissionLimits;
  },
): HttpServer {
  const { database, log } = context;
  const server = createHttpServer({
    service: 'session',
    log,
    health: options.health,
    bodyLimitBytes,
    trustProxy: options.trustedProxies,
    admission: { ...options.admission, wantsNew: () => wantsSession(context.intake, performance.now()) },
    openapi: {
      title: 'Sessions and workflows',
      description:
        'Create sessions, read decisions, decide by hand, define workflows, make the hosted page yours, and check single pictures.',
    },
  });
  void server.register(async (api: HttpServer) => {
    requireApiKey(api, (keySha256) => findPrincipal(database.db, keySha256));
    limitRates(api, { database, budgets: { session_create: options.sessionCreationsPerMinute } });
    honourIdempotencyKeys(api, { database });
    auditCalls(api, { service: 'session', write: writeCalls(context) });
    sessionRoutes(api, context);
    deletionRoutes(api, context);
    erasureRoutes(api, context);
    retentionRoutes(api, context);
    reviewRoutes(api, context);
    workflowRoutes(api, context);
    usageRoutes(api, context);
    auditLogRoutes(api, context);
    void api.register(async (forms: HttpServer) => standaloneRoutes(forms, context));
    void api.register(async (forms: HttpServer) => customizationRoutes(forms, context));
  });
  void server.register(async (files: HttpServer) => brandAssetRoutes(files, context));
  void server.register(async (keys: HttpServer) => erasureKeyRoutes(keys, context));
  return server;
}
