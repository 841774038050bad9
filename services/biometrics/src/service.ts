import { openBus } from '@selfsame/bus/bus';
import { BiometricsServiceDefinition } from '@selfsame/contracts/biometrics/v1/service';
import { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import { openDatabase } from '@selfsame/database/database';
import { sessionKeyLookup } from '@selfsame/http/authentication';
import { connectGrpc, serveGrpc } from '@selfsame/runtime/grpc';
import type { Lifecycle } from '@selfsame/runtime/lifecycle';
import type { Log } from '@selfsame/runtime/log';
import { loadModelBytes } from './assets.ts';
import { openBiometricKeyring } from './biometric-keyring.ts';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { createImages } from './images/images.ts';
import { createImageLinks } from './images/links.ts';
import { openObjectStore } from './images/object-store.ts';
import { listenForFaces, subscribeAll } from './inbound/consumers.ts';
import { createApi } from './inbound/http/server.ts';
import { biometricsRpc, MESSAGE_BYTES_MAX } from './inbound/rpc.ts';
import { migrations } from './migrations.ts';
import type { Spawn } from './outbound/inference-thread.ts';
import { requireProvider } from './outbound/provider.ts';
import type { BiometricsTables } from './outbound/tables.ts';
import { createVault } from './outbound/vault.ts';
import { openWorkerPool } from './outbound/worker-pool.ts';
import { PIPELINE_VERSION } from './pipeline-version.ts';
import { openFaceSearch } from './search/face-search.ts';
import { startSweeper } from './sweeper.ts';
import { requireMatchingKey } from './templates.ts';

/** The service's name in logs, traces, the database and on the bus. */
export const serviceName = 'biometrics';

const MEGABYTE = 2 ** 20;
const ASK_DEADLINE_MS = 2_000;
const HOUR_MS = 3_600_000;
/** How soon a change is found that no event tells of. */
const SEARCH_INTERVAL_MS = 5_000;

/**
 * Opens the service, weights first: without all of them nothing starts. Everything that is opened registers its closing
 * beside it; closing goes the other way: no more calls, no more events, then the threads and the database.
 *
 * @param options.spawn starts inference threads; tests hold on to them
 * @throws Failure `model_missing`, `model_altered`, `provider_missing`, `provider_unusable`, `schema_behind`,
 * `biometric_key_mismatch`, `stream_misconfigured`, those of keyrings
 */
export async function createService(options: {
  config: Config;
  lifecycle: Lifecycle;
  log: Log;
  spawn?: Spawn;
}): Promise<{ grpcPort: number; httpPort: number }> {
  const { config, lifecycle, log, spawn } = options;

  const models = await loadModelBytes(config.assetPlaces, { age: config.ageModel });
  await requireProvider(config.provider, models);

  const database = await openDatabase<BiometricsTables>({
    service: serviceName,
    url: config.databaseUrl,
    migrations,
  });
  lifecycle.onStop('database', database.close);

  const keyring = await openBiometricKeyring({ config, database, log });
  lifecycle.onStop('keyring', keyring.close);

  const vault = createVault(keyring.root);
  await requireMatchingKey({ vault, database });

  log.info({ pipeline_version: PIPELINE_VERSION, workers: config.workers }, 'loading models');
  const opening = openWorkerPool({
    models,
    device: config.device,
    batchSize: config.batchSize,
    workers: config.workers,
    queueLimit: config.queueLimit,
    log,
    onBroken: lifecycle.fail,
    ...(spawn ? { spawn } : {}),
  });
  // Registered before they are ready: threads must not be ended while they load.
  lifecycle.onStop('inference threads', () =>
    opening.then(
      ({ close }) => close(),
      () => {},
    ),
  );
  const pool = await opening;
  // Stopped while models were loading: what was opened is closed or closing, and nothing more is opened upon it.
  lifecycle.signal.throwIfAborted();

  const bus = await openBus({
    service: serviceName,
    url: config.natsUrl,
    log,
    database,
    stream: config,
  });
  lifecycle.onStop('bus', bus.close);
  lifecycle.signal.throwIfAborted();

  const faces = openFaceSearch({
    database,
    vault,
    log,
    maxBytes: config.searchMemoryMb * MEGABYTE,
    threads: config.searchThreads,
    intervalMs: SEARCH_INTERVAL_MS,
  });
  lifecycle.onStop('face search', faces.close);
  await Promise.all([listenForFaces(faces, bus), faces.built]);

  const images = createImages({
    database,
    keyring,
    store: await openObjectStore(config),
    links: createImageLinks(keyring.root),
    linkSeconds: config.imageLinkSeconds,
    log,
  });

  const { candidateDays } = config;
  const adaptEveryMs = config.adaptEveryHours * HOUR_MS;
  const context: Context = { log, database, vault, bus, pool, faces, images, candidateDays, adaptEveryMs };

  const sweeper = startSweeper(context, {
    intervalMs: config.sweepIntervalMs,
    convertAfterMinutes: config.convertAfterMinutes,
  });
  lifecycle.onStop('sweeper', sweeper.stop);

  await subscribeAll(context, bus);

  const grpc = await serveGrpc({
    host: config.host,
    port: config.grpcPort,
    log,
    maxMessageBytes: MESSAGE_BYTES_MAX,
    services: (server) => server.add(BiometricsServiceDefinition, biometricsRpc(context)),
  });
  lifecycle.onStop('grpc', grpc.stop);

  const session = connectGrpc(SessionServiceDefinition, config.sessionGrpc, { deadlineMs: ASK_DEADLINE_MS });
  lifecycle.onStop('session client', session.close);
  const { health } = lifecycle;
  const { trustedProxies } = config;
  const keys = sessionKeyLookup(session.client);
  const http = createApi(context, { health, trustedProxies, keys, admission: config });
  lifecycle.onStop('http', () => http.close());
  await http.listen({ host: config.host, port: config.httpPort });
  const address = http.server.address();
  const httpPort = typeof address === 'object' && address ? address.port : config.httpPort;
  return { grpcPort: grpc.port, httpPort };
}
