import { availableParallelism } from 'node:os';
import { busSettings } from '@selfsame/bus/settings';
import { admissionSettings } from '@selfsame/http/admission';
import { keySettings, ownKey, readKeyedSettings } from '@selfsame/keys/settings';
import {
  type Environment,
  type readSettings,
  type Setting,
  setting,
  sharedSettings,
} from '@selfsame/runtime/config';
import { type AssetPlaces, assetPlaces } from './assets.ts';
import { imageSettings } from './images/config.ts';
import { BATCH_MAX } from './pipeline/buckets.ts';
import { SEARCH_THREADS_MAX } from './search/search-threads.ts';
import { type Device, deviceOf } from './serving/device.ts';

/** A few cores read as fast as the memory of one socket answers. */
const SEARCH_THREADS_DEFAULT_MAX = 8;

const settings = {
  host: sharedSettings.host,
  httpPort: sharedSettings.httpPort,
  grpcPort: sharedSettings.grpcPort,
  databaseUrl: sharedSettings.databaseUrl,
  natsUrl: sharedSettings.natsUrl,
  trustedProxies: sharedSettings.trustedProxies,
  /** Whose API key it is that lists templates. */
  sessionGrpc: setting.string('SESSION_GRPC', { hint: 'host:port of the session service' }),
  ...busSettings,
  ...admissionSettings,
  ...keySettings,
  ...imageSettings,
  /** What everything was sealed under before there were data keys, and the key of KEY_PROVIDER=environment. */
  biometricKey: ownKey('BIOMETRIC_KEY'),
  /** What runs the models; the GPU providers bring their libraries with them. */
  provider: setting.oneOf('BIOMETRICS_PROVIDER', ['cpu', 'cuda', 'tensorrt'], { default: 'cpu' }),
  /** Inference threads; unset: as the device wants. More than cores only adds waiting. Each takes about 130 MB. */
  workers: optional(setting.integer('BIOMETRICS_WORKERS', { min: 1, max: 256 })),
  /** A static batch size in place of the learned ones, for comparisons. */
  batchSize: optional(setting.integer('BIOMETRICS_BATCH_SIZE', { min: 1, max: BATCH_MAX })),
  /** Looks that may wait for a thread, with at most 5 MB each. */
  queueLimit: setting.integer('BIOMETRICS_QUEUE', { default: 32, min: 1, max: 1_000 }),
  /** Load the optional age model: part of its training data has research-only terms. */
  ageModel: setting.boolean('BIOMETRICS_AGE_MODEL', { default: false }),
  /** Memory for templates that are searched, 4 million in a GiB. It is taken as they come. */
  searchMemoryMb: setting.integer('BIOMETRICS_SEARCH_MEMORY_MB', { default: 1_024, min: 1, max: 4_096 }),
  /** Threads that search; large collections only keep more than one busy. */
  searchThreads: setting.integer('BIOMETRICS_SEARCH_THREADS', {
    default: Math.min(availableParallelism(), SEARCH_THREADS_DEFAULT_MAX),
    min: 1,
    max: SEARCH_THREADS_MAX,
  }),
  /** How long a candidate waits for a person's verdict. */
  candidateDays: setting.integer('BIOMETRICS_CANDIDATE_DAYS', { default: 30, min: 1, max: 90 }),
  /** A template is adapted no sooner after its last adaptation. */
  adaptEveryHours: setting.integer('BIOMETRICS_ADAPT_EVERY_HOURS', { default: 24, min: 0, max: 8_760 }),
  sweepIntervalMs: setting.integer('BIOMETRICS_SWEEP_INTERVAL_MS', {
    default: 60_000,
    min: 100,
    max: 3_600_000,
  }),
  /** How long replicas of a release before key versions may run beside ours, from the migration on. */
  convertAfterMinutes: setting.integer('BIOMETRICS_CONVERT_AFTER_MINUTES', {
    default: 60,
    min: 0,
    max: 10_080,
  }),
};

/** Everything the service can be told from outside, checked. */
export type Config = Omit<ReturnType<typeof readSettings<typeof settings>>, 'workers'> & {
  readonly workers: number;
  /** SELFSAME_ASSETS, SELFSAME_CACHE_DIR */
  readonly assetPlaces: AssetPlaces;
  readonly device: Device;
};

/** A setting that may be left out. */
function optional<T>({ name, read }: Setting<T>): Setting<T | undefined> {
  return { name, read: (text) => (text?.trim() ? read(text) : undefined) };
}

/** @throws ConfigError naming every variable that is missing or wrong */
export function readConfig(environment: Environment): Config {
  const read = readKeyedSettings(settings, environment, 'BIOMETRIC_KEY');
  const device = deviceOf(read.provider, availableParallelism());
  return { ...read, workers: read.workers ?? device.workers, device, assetPlaces: assetPlaces(environment) };
}
