import { join } from 'node:path';
import { busSettings } from '@selfsame/bus/settings';
import { admissionSettings } from '@selfsame/http/admission';
import { type Environment, readSettings, setting, sharedSettings } from '@selfsame/runtime/config';

const settings = {
  host: sharedSettings.host,
  httpPort: sharedSettings.httpPort,
  natsUrl: sharedSettings.natsUrl,
  ...busSettings,
  ...admissionSettings,
  trustedProxies: sharedSettings.trustedProxies,
  sessionGrpc: setting.string('SESSION_GRPC', { hint: 'host:port of the session service' }),
  biometricsGrpc: setting.string('BIOMETRICS_GRPC', { hint: 'host:port of the biometrics service' }),
  fraudSignalsGrpc: setting.string('FRAUD_SIGNALS_GRPC', { hint: 'host:port of the fraud-signals service' }),
  shareGrpc: setting.string('SHARE_GRPC', { hint: 'host:port of the share service' }),
  /** One assessment of a look. The verdict does not wait any longer. */
  assessTimeoutMs: setting.integer('CAPTURE_ASSESS_TIMEOUT_MS', { default: 500, min: 20, max: 10_000 }),
  /** Whether the trusted proxy is the edge of this repository, which writes x-selfsame-client itself. */
  isBehindEdge: setting.boolean('CAPTURE_BEHIND_EDGE', { default: false }),
  /** The header, in lower case, in which a trusted gateway tells the JA4 of its client; it overwrites what clients send. */
  ja4Header: setting.string('CAPTURE_JA4_HEADER', {
    default: '',
    pattern: /^[a-z0-9-]*$/,
    hint: 'the name of a header in lower case, or nothing',
  }),
  /** One look at a face, the wait for a free worker included. */
  verifyTimeoutMs: setting.integer('CAPTURE_VERIFY_TIMEOUT_MS', { default: 4_500, min: 100, max: 30_000 }),
  /** One look with the frames of a challenge. */
  challengeTimeoutMs: setting.integer('CAPTURE_CHALLENGE_TIMEOUT_MS', {
    default: 8_000,
    min: 100,
    max: 30_000,
  }),
  /** How long an upload waits for its verdict before the page is told to ask again. */
  verdictWaitMs: setting.integer('CAPTURE_VERDICT_WAIT_MS', { default: 3_000, min: 0, max: 30_000 }),
  /** Uploads held in memory at once: a picture of 5 MB or a bundle of 16 MB at most. */
  concurrentFrames: setting.integer('CAPTURE_CONCURRENT_FRAMES', { default: 32, min: 1, max: 1_000 }),
  /** What they may weigh together as announced; while one is judged it takes two to three times its size. */
  uploadMegabytes: setting.integer('CAPTURE_UPLOAD_MEGABYTES', { default: 80, min: 32, max: 10_000 }),
  /** Broken uploads that wait for their rest, together. */
  keptMegabytes: setting.integer('CAPTURE_KEPT_MEGABYTES', { default: 64, min: 0, max: 10_000 }),
  /** Thumbnails looked at together; guidance gives way to verification. */
  concurrentGuidance: setting.integer('CAPTURE_CONCURRENT_GUIDANCE', { default: 4, min: 1, max: 1_000 }),
  /** Live channels held open at once; a page has one. */
  liveSockets: setting.integer('CAPTURE_LIVE_SOCKETS', { default: 2_000, min: 1, max: 100_000 }),
  /** A page that has been silent for so long, pings included, is taken for gone. */
  liveIdleMs: setting.integer('CAPTURE_LIVE_IDLE_MS', { default: 60_000, min: 200, max: 600_000 }),
  /** After so long a page connects anew, perhaps to another replica. */
  liveLifeMs: setting.integer('CAPTURE_LIVE_LIFE_MS', { default: 1_200_000, min: 200 }),
  /** Per client address: an office behind one address has many users. */
  requestsPerIpPerMinute: setting.integer('CAPTURE_REQUESTS_PER_IP_PER_MINUTE', { default: 12_000, min: 60 }),
  /** The built page: `index.html` and `capture-assets/`. */
  pageDirectory: setting.string('CAPTURE_PAGE_DIRECTORY', { default: join(import.meta.dirname, '../dist') }),
  /** Whether developers find every state of the page at /__states. */
  statesPage: setting.boolean('CAPTURE_STATES_PAGE', { default: false }),
};

/** Everything the service can be told from outside, checked. */
export type Config = ReturnType<typeof readConfig>;

/** @throws ConfigError naming every variable that is missing or wrong */
export function readConfig(environment: Environment) {
  return readSettings(settings, environment);
}
