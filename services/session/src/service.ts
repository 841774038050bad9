import { openBus } from '@selfsame/bus/bus';
import { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import { openDatabase } from '@selfsame/database/database';
import { openKeyring } from '@selfsame/keys/keyring';
import { openSigning } from '@selfsame/keys/signing';
import { serveGrpc } from '@selfsame/runtime/grpc';
import type { Lifecycle } from '@selfsame/runtime/lifecycle';
import type { Log } from '@selfsame/runtime/log';
import type { SessionConfig } from './config.ts';
import type { Context } from './context.ts';
import { createSessionIntake } from './domain/intake.ts';
import { startConsumers } from './inbound/consumers.ts';
import { createApi } from './inbound/http/server.ts';
import { sessionRpc } from './inbound/rpc.ts';
import { migrations } from './migrations.ts';
import { showOpenSessions } from './open-sessions.ts';
import { connectBiometrics } from './outbound/biometrics.ts';
import { connectFraudSignals } from './outbound/fraud-signals.ts';
import type { Tables } from './outbound/tables.ts';
import { runSweeper } from './sweeper.ts';
import { runUpkeep } from './upkeep.ts';

/** Opens everything in order, each with its closing beside it; the service takes traffic when this resolves. */
export async function createService(
  config: SessionConfig,
  lifecycle: Lifecycle,
  log: Log,
): Promise<{ context: Context; httpPort: number; grpcPort: number }> {
  const database = await openDatabase<Tables>({ service: 'session', url: config.databaseUrl, migrations });
  lifecycle.onStop('database', database.close);

  const keyring = await openKeyring({
    purpose: 'session',
    database,
    settings: config,
    firstKey: config.sessionTokenKey,
    firstKeyVariable: 'SESSION_TOKEN_KEY',
    log,
  });
  lifecycle.onStop('keyring', keyring.close);

  // Certificates stay for ever, and so do the keys that they are verified with.
  const signing = await openSigning({ database, keyring, log });
  lifecycle.onStop('signing', signing.close);

  const bus = await openBus<Tables>({
    service: 'session',
    url: config.natsUrl,
    log,
    database,
    stream: config,
  });
  lifecycle.onStop('bus', bus.close);

  const { biometrics, close } = connectBiometrics(config.biometricsGrpc);
  lifecycle.onStop('biometrics', close);

  const { fraudSignals, close: closeFraudSignals } = connectFraudSignals(config.fraudSignalsGrpc);
  lifecycle.onStop('fraud-signals', closeFraudSignals);

  const context: Context = {
    database,
    bus,
    signing,
    biometrics,
    fraudSignals,
    log,
    intake: createSessionIntake({ waitMaxMs: config.waitMaxMs }),
    prices: config.prices,
    links: {
      publicBaseUrl: config.publicBaseUrl.replace(/\/+$/, ''),
      tokenKey: config.sessionTokenKey,
    },
  };

  lifecycle.onStop('open sessions gauge', showOpenSessions(context));

  await startConsumers(bus, context);

  const sweeper = runSweeper(context, config.sweepIntervalMs, lifecycle.signal);
  lifecycle.onStop('sweeper', () => sweeper);

  const upkeep = runUpkeep(context, config, lifecycle.signal);
  lifecycle.onStop('upkeep', () => upkeep);

  const rpc = await serveGrpc({
    host: config.host,
    port: config.grpcPort,
    log,
    services: (server) => server.add(SessionServiceDefinition, sessionRpc(context)),
  });
  lifecycle.onStop('grpc', rpc.stop);

  const api = createApi(context, {
    health: lifecycle.health,
    trustedProxies: config.trustedProxies,
    admission: config,
    sessionCreationsPerMinute: config.sessionCreationsPerMinute,
  });
  lifecycle.onStop('http', () => api.close());
  const address = new URL(await api.listen({ host: config.host, port: config.httpPort }));

  lifecycle.ready();
  log.info({ http_port: Number(address.port), grpc_port: rpc.port }, 'ready');
  return { context, httpPort: Number(address.port), grpcPort: rpc.port };
}
