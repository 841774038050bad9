import { openBus } from '@selfsame/bus/bus';
import { BiometricsServiceDefinition } from '@selfsame/contracts/biometrics/v1/service';
import { FraudSignalsServiceDefinition } from '@selfsame/contracts/fraud_signals/v1/service';
import { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import { ShareServiceDefinition } from '@selfsame/contracts/share/v1/service';
import { openDatabase } from '@selfsame/database/database';
import { openSigning } from '@selfsame/keys/signing';
import { connectGrpc, serveGrpc } from '@selfsame/runtime/grpc';
import type { Lifecycle } from '@selfsame/runtime/lifecycle';
import type { Log } from '@selfsame/runtime/log';
import { createGauge } from '@selfsame/runtime/metrics';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { tokenKeyOf } from './domain/token.ts';
import { createTurns } from './imports/turns.ts';
import { subscribeAll } from './inbound/consumers.ts';
import { createApi } from './inbound/http/server.ts';
import { shareRpc } from './inbound/rpc.ts';
import { openShareKeyring } from './keyring.ts';
import { migrations } from './migrations.ts';
import type { Tables } from './outbound/tables.ts';
import { startRecordSweeper } from './records/sweeper.ts';
import { startShareSweeper } from './shares/sweeper.ts';

/** The service's name in logs, traces, the database and on the bus. */
export const serviceName = 'share';

const importCount = createGauge(
  'selfsame_share_imports',
  'Imports under way, and those that wait for a turn.',
  ['state'],
);

const askDeadlineMs = 5_000;
/** Each holds a connection while it waits for neighbours; the rest of the pool is for everything else. */
const importsAtOnce = { atOnce: 8, waitingMax: 1_000, waitMs: 30_000 };
const maxConnections = 20;
/** The years of an entry begin when what it allows is over: a consent lasts for a year. */
const longestTermDays = 366;
/** Whoever agrees does not wait for evidence that is only better. */
const nameDeadlineMs = 1_000;

/**
 * Opens the service; everything that is opened registers its closing with the lifecycle. Closing goes the other way.
 *
 * @throws Failure `schema_behind`, `stream_misconfigured`, and those of the keyring
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
  });
  lifecycle.onStop('database', database.close);

  const keyring = await openShareKeyring({ database, settings: config, log });
  lifecycle.onStop('keyring', keyring.close);

  const formerDays = config.shareRecordDays + longestTermDays;
  const signing = await openSigning({ database, keyring, formerDays, log });
  lifecycle.onStop('signing', signing.close);

  const bus = await openBus({ service: serviceName, url: config.natsUrl, log, database, stream: config });
  lifecycle.onStop('bus', bus.close);

  const session = connectGrpc(SessionServiceDefinition, config.sessionGrpc, { deadlineMs: askDeadlineMs });
  lifecycle.onStop('session client', session.close);

  const biometrics = connectGrpc(BiometricsServiceDefinition, config.biometricsGrpc, {
    deadlineMs: askDeadlineMs,
  });
  lifecycle.onStop('biometrics client', biometrics.close);

  const fraudSignals = connectGrpc(FraudSignalsServiceDefinition, config.fraudSignalsGrpc, {
    deadlineMs: nameDeadlineMs,
  });
  lifecycle.onStop('fraud-signals client', fraudSignals.close);

  const importTurns = createTurns(importsAtOnce);
  lifecycle.onStop(
    'imports gauge',
    importCount(() => [
      { labels: { state: 'running' }, value: importTurns.running },
      { labels: { state: 'waiting' }, value: importTurns.waiting },
    ]),
  );

  const context: Context = {
    config,
    log,
    database,
    bus,
    keyring,
    signing,
    tokenKey: tokenKeyOf(keyring.root),
    importTurns,
    session: session.client,
    biometrics: biometrics.client,
    fraudSignals: fraudSignals.client,
  };

  await subscribeAll(context);
  lifecycle.onStop('share sweeper', startShareSweeper(context));
  lifecycle.onStop('record sweeper', startRecordSweeper(context));

  const rpc = await serveGrpc({
    host: config.host,
    port: config.grpcPort,
    log,
    services: (server) => server.add(ShareServiceDefinition, shareRpc(context)),
  });
  lifecycle.onStop('grpc', rpc.stop);

  const api = createApi(context, lifecycle.health);
  lifecycle.onStop('http', () => api.close());
  const address = new URL(await api.listen({ host: config.host, port: config.httpPort }));
  return { context, httpPort: Number(address.port), grpcPort: rpc.port };
}
