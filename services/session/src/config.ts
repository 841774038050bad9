import { busSettings } from '@selfsame/bus/settings';
import { admissionSettings } from '@selfsame/http/admission';
import { keySettings, readKeyedSettings } from '@selfsame/keys/settings';
import type { Environment } from '@selfsame/runtime/config';
import { setting, sharedSettings } from '@selfsame/runtime/config';
import { readPrices } from './domain/usage.ts';

const settings = {
  host: sharedSettings.host,
  httpPort: sharedSettings.httpPort,
  grpcPort: sharedSettings.grpcPort,
  databaseUrl: sharedSettings.databaseUrl,
  natsUrl: sharedSettings.natsUrl,
  ...busSettings,
  ...admissionSettings,
  ...keySettings,
  trustedProxies: sharedSettings.trustedProxies,
  /** Where the biometrics service answers gRPC, as host:port. */
  biometricsGrpc: setting.string('BIOMETRICS_GRPC', { pattern: /^[^\s/]+:\d+$/, hint: 'host:port' }),
  /** Where the fraud-signals service answers gRPC, as host:port. */
  fraudSignalsGrpc: setting.string('FRAUD_SIGNALS_GRPC', { pattern: /^[^\s/]+:\d+$/, hint: 'host:port' }),
  /** Where users and applications reach the platform: the beginning of every link. */
  publicBaseUrl: setting.url('PUBLIC_BASE_URL', { protocols: ['http', 'https'] }),
  /** Links, device tokens and pseudonyms are derived from it; docs/keys.md says what another one costs. */
  sessionTokenKey: setting.key('SESSION_TOKEN_KEY', { bytes: 32 }),
  /** Each API key, over all replicas. */
  sessionCreationsPerMinute: setting.integer('SESSION_CREATIONS_PER_MINUTE', { default: 600, min: 1 }),
  /** While even the fastest look, or creation, waits longer than this, fewer new sessions are let in. */
  waitMaxMs: setting.integer('SESSION_WAIT_MAX_MS', { default: 500, min: 50, max: 60_000 }),
  /** US dollars by item, as a JSON object; what it does not name costs as ever. */
  prices: setting.parsed('PRICES_USD', { default: '{}', read: readPrices }),
  /** How often sessions that applications do not want kept any longer are looked for. */
  retentionIntervalMs: setting.integer('RETENTION_INTERVAL_MS', {
    default: 3_600_000,
    min: 1_000,
    max: 86_400_000,
  }),
  sweepIntervalMs: setting.integer('SWEEP_INTERVAL_MS', { default: 5_000, min: 100, max: 3_600_000 }),
};

export type SessionConfig = ReturnType<typeof readConfig>;

/** @throws ConfigError that names every mistake */
export function readConfig(environment: Environment) {
  return readKeyedSettings(settings, environment);
}
