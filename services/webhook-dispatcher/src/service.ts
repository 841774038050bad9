import { openBus } from '@selfsame/bus/bus';
import { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import { openDatabase } from '@selfsame/database/database';
import { auditCalls, toOutbox } from '@selfsame/http/audit';
import { requireApiKey, sessionKeyLookup } from '@selfsame/http/authentication';
import { honourIdempotencyKeys } from '@selfsame/http/idempotency';
import { limitRates } from '@selfsame/http/rate-limit';
import { createHttpServer } from '@selfsame/http/server';
import { openKeyring } from '@selfsame/keys/keyring';
import { connectGrpc } from '@selfsame/runtime/grpc';
import type { Lifecycle } from '@selfsame/runtime/lifecycle';
import type { Log } from '@selfsame/runtime/log';
import { showBacklog } from './backlog.ts';
import { createByHand } from './by-hand.ts';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { requireMatchingKey, sealedBefore } from './destinations.ts';
import { startDispatcher } from './dispatcher.ts';
import { startFigures } from './figures.ts';
import { addActionRoutes } from './inbound/action-routes.ts';
import { subscribeAll } from './inbound/consumers.ts';
import { addDestinationRoutes } from './inbound/destination-routes.ts';
import { addEndpointRoutes } from './inbound/endpoint-routes.ts';
import { addKeyRoutes } from './inbound/key-routes.ts';
import { addLogRoutes } from './inbound/log-routes.ts';
import { migrations } from './migrations.ts';
import { createWebhookClient } from './outbound/http-client.ts';
import type { Resolve } from './outbound/resolver.ts';
import { createSecretBox } from './outbound/secrets.ts';
import type { Tables } from './outbound/tables.ts';
import { startRetention } from './retention.ts';

/** The service's name in logs, traces, the database and on the bus. */
export const serviceName = 'webhook-dispatcher';

const sessionDeadlineMs = 2_000;
/** The handlers of three subscriptions hold one each; the rest is for claims, records and requests. */
const maxConnections = 24;

/**
 * Opens the service; everything that is opened registers its closing with the lifecycle. Closing goes the other way:
 * no more requests, no more events, attempts under way are finished, then the database.
 *
 * @param options.resolve replaces the system's resolver
 * @param options.now replaces the clock that signatures carry
 * @throws Failure when the schema is behind, the stream is misconfigured or no key fits the stored secrets
 */
export async function createService(options: {
  config: Config;
  lifecycle: Lifecycle;
  log: Log;
  resolve?: Resolve;
  now?: () => Date;
}): Promise<{ httpPort: number }> {
  const { config, lifecycle, log, resolve, now = () => new Date() } = options;

  const database = await openDatabase<Tables>({
    service: serviceName,
    url: config.databaseUrl,
    migrations,
    maxConnections,
  });
  lifecycle.onStop('database', database.close);

  const keyring = await openKeyring({
    purpose: 'webhook',
    database,
    settings: config,
    firstKey: config.secretKey,
    firstKeyVariable: 'WEBHOOK_SECRET_KEY',
    sealedBefore: () => sealedBefore(database.db),
    log,
  });
  lifecycle.onStop('keyring', keyring.close);

  const client = createWebhookClient({
    policy: config.addressPolicy,
    timeoutMs: config.timeoutMs,
    // Idle connections are kept beside those in use.
    maxConnections: 2 * config.concurrency,
    ...(resolve ? { resolve } : {}),
  });
  lifecycle.onStop('webhook client', client.close);

  const bus = await openBus({ service: serviceName, url: config.natsUrl, log, database, stream: config });
  lifecycle.onStop('bus', bus.close);

  const secrets = createSecretBox(keyring);
  const context: Context = { config, log, database, bus, client, keyring, secrets, now };
  await requireMatchingKey(context);

  const dispatcher = startDispatcher(context);
  lifecycle.onStop('dispatcher', dispatcher.stop);
  // At once: an attempt that starts while other things close might not end in time.
  lifecycle.signal.addEventListener('abort', () => void dispatcher.stop());

  lifecycle.onStop('backlog gauges', showBacklog(context));
  lifecycle.onStop('figures', startFigures(context));
  lifecycle.onStop('retention', startRetention(context));

  await subscribeAll(context, dispatcher);

  const session = connectGrpc(SessionServiceDefinition, config.sessionGrpc, {
    deadlineMs: sessionDeadlineMs,
  });
  lifecycle.onStop('session client', session.close);

  const server = createHttpServer({
    service: serviceName,
    log,
    health: lifecycle.health,
    trustProxy: config.trustedProxies,
    admission: config,
    openapi: {
      title: 'Selfsame webhooks',
      description: 'Where webhooks go, what was sent, and sending it again.',
    },
  });
  lifecycle.onStop('http', () => server.close());
  void server.register(async (api) => {
    requireApiKey(api, sessionKeyLookup(session.client));
    limitRates(api, { database });
    honourIdempotencyKeys(api, { database });
    auditCalls(api, { service: 'webhook-dispatcher', write: toOutbox({ database, bus }) });
    addDestinationRoutes(api, context);
    addEndpointRoutes(api, context);
    const byHand = createByHand();
    addActionRoutes(api, context, byHand);
    addLogRoutes(api, context, byHand);
  });
  void server.register(async (open) => {
    limitRates(open, { database });
    addKeyRoutes(open, context);
  });
  await server.listen({ host: config.host, port: config.httpPort });
  const address = server.server.address();
  return { httpPort: address !== null && typeof address === 'object' ? address.port : config.httpPort };
}
