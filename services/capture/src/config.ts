import { join } from 'node:path';
import { busSettings } from '@selfsame/bus/settings';
import { type Environment, readSettings, setting, sharedSettings } from '@selfsame/runtime/config';

const settings = {
  host: sharedSettings.host,
  httpPort: sharedSettings.httpPort,
  natsUrl: sharedSettings.natsUrl,
  ...busSettings,
  trustedProxies: sharedSettings.trustedProxies,
  sessionGrpc: setting.string('SESSION_GRPC', { hint: 'host:port of the session service' }),
  biometricsGrpc: setting.string('BIOMETRICS_GRPC', { hint: 'host:port of the biometrics service' }),
  /** One look at a face, the wait for a free worker included. */
  verifyTimeoutMs: setting.integer('CAPTURE_VERIFY_TIMEOUT_MS', { default: 4_500, min: 100, max: 30_000 }),
  /** How long an upload waits for its verdict before the page is told to ask again. */
  verdictWaitMs: setting.integer('CAPTURE_VERDICT_WAIT_MS', { default: 3_000, min: 0, max: 30_000 }),
  /** Frames held in memory at once, 5 MB each at most. */
  concurrentFrames: setting.integer('CAPTURE_CONCURRENT_FRAMES', { default: 32, min: 1, max: 1_000 }),
  /** Thumbnails looked at together; guidance gives way to verification. */
  concurrentGuidance: setting.integer('CAPTURE_CONCURRENT_GUIDANCE', { default: 4, min: 1, max: 1_000 }),
  /** Per client address: an office behind one address has many users. */
  requestsPerIpPerMinute: setting.integer('CAPTURE_REQUESTS_PER_IP_PER_MINUTE', { default: 12_000, min: 60 }),
  /** The built page: `index.html` and `capture-assets/`. */
  pageDirectory: setting.string('CAPTURE_PAGE_DIRECTORY', { default: join(import.meta.dirname, '../dist') }),
};

/** Everything the service can be told from outside, checked. */
export type Config = ReturnType<typeof readConfig>;

/** @throws ConfigError naming every variable that is missing or wrong */
export function readConfig(environment: Environment) {
  return readSettings(settings, environment);
}
