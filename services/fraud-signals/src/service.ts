import { openBus } from '@selfsame/bus/bus';
import { BiometricsServiceDefinition } from '@selfsame/contracts/biometrics/v1/service';
import { FraudSignalsServiceDefinition } from '@selfsame/contracts/fraud_signals/v1/service';
import { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import { openDatabase } from '@selfsame/database/database';
import { connectGrpc, serveGrpc } from '@selfsame/runtime/grpc';
import type { Lifecycle } from '@selfsame/runtime/lifecycle';
import type { Log } from '@selfsame/runtime/log';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { createKeyedHash } from './domain/keyed-hash.ts';
import { subscribeAll } from './inbound/consumers.ts';
import { createApi } from './inbound/http/server.ts';
import { fraudSignalsRpc } from './inbound/rpc.ts';
import { startFaceSweeper } from './lists/face-sweeper.ts';
import { openSignalsKeyring } from './lists/keyring.ts';
import { requireMatchingListKey } from './lists/keys.ts';
import { migrations } from './migrations.ts';
import { findHashKey } from './outbound/hash-key-store.ts';
import { openNetwork } from './outbound/network/network.ts';
import type { Tables } from './outbound/tables.ts';
import { openRecords } from './records.ts';
import { startRetention } from './retention.ts';

/** The service's name in logs, traces, the database and on the bus. */
export const serviceName = 'fraud-signals';

const askDeadlineMs = 2_000;
/** A picture of 5 MB for a list of faces. */
const pictureMessageBytesMax = 6 * 1024 * 1024;
/** An assessment asks two things at once; the rest is for events, records and requests. */
const maxConnections = 16;

/**
 * Opens the service; everything that is opened registers its closing with the lifecycle. Closing goes the other way.
 *
 * @throws Failure `schema_behind`, `stream_misconfigured`, `signals_key_mismatch`, those of keyrings
 */
export async function createService(options: {
  config: Config;
  lifecycle: Lifecycle;
  log: Log;
}): Promise<{ context: Context; httpPort: number; grpcPort: number }> {
  const { config, lifecycle, log } = options;

  const database = await openDatabase<Tables>({
    service: serviceName,
    url: config.databaseUrl,
    migrations,
    maxConnections,
    // Statements that are prepared go by indexes whatever they are asked: planning them anew would take longer than answering.
    serverSettings: { plan_cache_mode: 'force_generic_plan' },
  });
  lifecycle.onStop('database', database.close);

  const keyring = await openSignalsKeyring({ config, database, log });
  lifecycle.onStop('keyring', keyring.close);

  const records = openRecords(log);
  lifecycle.onStop('records', records.close);

  const bus = await openBus({ service: serviceName, url: config.natsUrl, log, database, stream: config });
  lifecycle.onStop('bus', bus.close);

  const network = await openNetwork({ directory: config.ipDataDirectory, log });
  lifecycle.onStop('network', network.close);

  const session = connectGrpc(SessionServiceDefinition, config.sessionGrpc, { deadlineMs: askDeadlineMs });
  lifecycle.onStop('session client', session.close);

  const biometrics = connectGrpc(BiometricsServiceDefinition, config.biometricsGrpc, {
    deadlineMs: askDeadlineMs,
    maxMessageBytes: pictureMessageBytesMax,
  });
  lifecycle.onStop('biometrics client', biometrics.close);

  const context: Context = {
    config,
    log,
    keyring,
    hash: createKeyedHash(await findHashKey(database.db, keyring)),
    database,
    records,
    bus,
    network,
    session: session.client,
    biometrics: biometrics.client,
  };

  await requireMatchingListKey(context);

  lifecycle.onStop('retention', startRetention(context));

  await subscribeAll(context);
  lifecycle.onStop('face sweeper', startFaceSweeper(context));

  const rpc = await serveGrpc({
    host: config.host,
    port: config.grpcPort,
    log,
    services: (server) => server.add(FraudSignalsServiceDefinition, fraudSignalsRpc(context)),
  });
  lifecycle.onStop('grpc', rpc.stop);

  const api = createApi(context, lifecycle.health);
  lifecycle.onStop('http', () => api.close());
  const address = new URL(await api.listen({ host: config.host, port: config.httpPort }));
  return { context, httpPort: Number(address.port), grpcPort: rpc.port };
}
