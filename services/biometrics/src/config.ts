import { busSettings } from '@selfsame/bus/settings';
import { type Environment, readSettings, setting, sharedSettings } from '@selfsame/runtime/config';
import { type AssetPlaces, assetPlaces } from './assets.ts';
import { defaultWorkers } from './outbound/worker-pool.ts';

const settings = {
  host: sharedSettings.host,
  httpPort: sharedSettings.httpPort,
  grpcPort: sharedSettings.grpcPort,
  databaseUrl: sharedSettings.databaseUrl,
  natsUrl: sharedSettings.natsUrl,
  ...busSettings,
  /** Everything stored is sealed under it; lost, every subject enrols anew. */
  biometricKey: setting.key('BIOMETRIC_KEY', { bytes: 32 }),
  /** Inference threads; more than cores only adds waiting. Each takes about 130 MB. */
  workers: setting.integer('BIOMETRICS_WORKERS', { default: defaultWorkers(), min: 1, max: 256 }),
  /** Looks that may wait for a thread, with at most 5 MB each. */
  queueLimit: setting.integer('BIOMETRICS_QUEUE', { default: 32, min: 1, max: 1_000 }),
  /** Load the optional age model: part of its training data has research-only terms. */
  ageModel: setting.boolean('BIOMETRICS_AGE_MODEL', { default: false }),
  /** How long a candidate waits for a person's verdict. */
  candidateDays: setting.integer('BIOMETRICS_CANDIDATE_DAYS', { default: 30, min: 1, max: 90 }),
  sweepIntervalMs: setting.integer('BIOMETRICS_SWEEP_INTERVAL_MS', {
    default: 60_000,
    min: 100,
    max: 3_600_000,
  }),
};

/** Everything the service can be told from outside, checked. */
export type Config = ReturnType<typeof readSettings<typeof settings>> & {
  /** SELFSAME_ASSETS, SELFSAME_CACHE_DIR */
  readonly assetPlaces: AssetPlaces;
};

/** @throws ConfigError naming every variable that is missing or wrong */
export function readConfig(environment: Environment): Config {
  return { ...readSettings(settings, environment), assetPlaces: assetPlaces(environment) };
}
