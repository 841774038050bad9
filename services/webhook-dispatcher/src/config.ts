import { busSettings, type StreamSettings } from '@selfsame/bus/settings';
import { type AdmissionLimits, admissionSettings } from '@selfsame/http/admission';
import { type KeySettings, keySettings, ownKey, readKeyedSettings } from '@selfsame/keys/settings';
import { ConfigError, type Environment, setting, sharedSettings } from '@selfsame/runtime/config';
import { type AddressPolicy, readNetworks } from './domain/addresses.ts';
import type { HealthPolicy } from './domain/health.ts';
import { type RetrySchedule, retryLimits, retryPresets } from './domain/schedule.ts';

const settings = {
  host: sharedSettings.host,
  httpPort: sharedSettings.httpPort,
  databaseUrl: sharedSettings.databaseUrl,
  natsUrl: sharedSettings.natsUrl,
  ...busSettings,
  ...admissionSettings,
  trustedProxies: sharedSettings.trustedProxies,
  sessionGrpc: setting.string('SESSION_GRPC', { hint: 'host:port of the session service' }),
  ...keySettings,
  /** What secrets of destinations were sealed under before there were data keys, and the key of KEY_PROVIDER=environment. */
  secretKey: ownKey('WEBHOOK_SECRET_KEY'),
  allowedNetworks: setting.list('WEBHOOK_ALLOWED_NETWORKS', { default: [] }),
  allowHttp: setting.boolean('WEBHOOK_ALLOW_HTTP', { default: false }),
  /** One attempt, from looking up the name to the receiver's status line. */
  timeoutMs: setting.integer('WEBHOOK_TIMEOUT_MS', { default: 5_000, min: 100, max: 30_000 }),
  /** What a new destination gets that names no schedule of its own. */
  retrySchedule: setting.list('WEBHOOK_RETRY_SCHEDULE', { default: ['standard'] }),
  /** Attempts under way at once in one process; each is a socket and a body of some kilobytes. */
  concurrency: setting.integer('WEBHOOK_CONCURRENCY', { default: 512, min: 1, max: 10_000 }),
  /** Of these, for one destination: what a hanging receiver can take from the others. */
  concurrencyPerDestination: setting.integer('WEBHOOK_CONCURRENCY_PER_DESTINATION', { default: 16, min: 1 }),
  /** How often a replica looks for retries that are due and for work of replicas that died. */
  pollIntervalMs: setting.integer('WEBHOOK_POLL_INTERVAL_MS', { default: 1_000, min: 10, max: 60_000 }),
  /** Failures in a row after which a destination is left alone, and for how long the first time. */
  circuitFailures: setting.integer('WEBHOOK_CIRCUIT_FAILURES', { default: 5, min: 1, max: 1_000 }),
  circuitCooldownMs: setting.integer('WEBHOOK_CIRCUIT_COOLDOWN_MS', { default: 10_000, min: 10 }),
  circuitMaxCooldownMs: setting.integer('WEBHOOK_CIRCUIT_MAX_COOLDOWN_MS', { default: 120_000, min: 10 }),
  /** Nothing but failures for so long switches a destination off. */
  disableAfterHours: setting.integer('WEBHOOK_DISABLE_AFTER_HOURS', { default: 120, min: 1 }),
  /** How long an ordered destination waits for an event that its session must have had. */
  gapSeconds: setting.integer('WEBHOOK_ORDER_GAP_SECONDS', { default: 3_600, min: 1 }),
  /** How long deliveries that have come to their end stay in the log. */
  logRetentionDays: setting.integer('WEBHOOK_LOG_RETENTION_DAYS', { default: 90, min: 1, max: 3_650 }),
};

/** Everything the service can be told from outside, checked. */
export interface Config extends StreamSettings, KeySettings, AdmissionLimits {
  readonly host: string;
  readonly httpPort: number;
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly trustedProxies: string[];
  readonly sessionGrpc: string;
  readonly secretKey: Buffer | undefined;
  readonly addressPolicy: AddressPolicy;
  readonly timeoutMs: number;
  readonly retrySchedule: RetrySchedule;
  readonly health: HealthPolicy;
  readonly gapMs: number;
  readonly logRetentionDays: number;
  readonly concurrency: number;
  readonly concurrencyPerDestination: number;
  readonly pollIntervalMs: number;
}

/** @throws ConfigError naming every variable that is missing or wrong */
export function readConfig(environment: Environment): Config {
  const {
    allowedNetworks,
    allowHttp,
    retrySchedule,
    circuitFailures,
    circuitCooldownMs,
    circuitMaxCooldownMs,
    disableAfterHours,
    gapSeconds,
    ...rest
  } = readKeyedSettings(settings, environment, 'WEBHOOK_SECRET_KEY');
  const mistakes: string[] = [];
  const attempt = <T>(name: string, read: () => T, otherwise: T): T => {
    try {
      return read();
    } catch (error) {
      mistakes.push(`${name} ${error instanceof Error ? error.message : error}`);
      return otherwise;
    }
  };
  const networks = attempt('WEBHOOK_ALLOWED_NETWORKS', () => readNetworks(allowedNetworks), []);
  const schedule = attempt('WEBHOOK_RETRY_SCHEDULE', () => readSchedule(retrySchedule), 'standard');
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return {
    ...rest,
    addressPolicy: { allowedNetworks: networks, allowHttp },
    retrySchedule: schedule,
    health: {
      openAfterFailures: circuitFailures,
      cooldownMs: circuitCooldownMs,
      maxCooldownMs: circuitMaxCooldownMs,
      disableAfterMs: disableAfterHours * 3_600_000,
    },
    gapMs: gapSeconds * 1_000,
  };
}

function readSchedule(entries: readonly string[]): RetrySchedule {
  const preset = retryPresets.find((name) => entries.length === 1 && entries[0] === name);
  if (preset !== undefined) return preset;
  const { retries, waitSeconds } = retryLimits;
  const seconds = entries.map(Number);
  if (seconds.length > retries || !seconds.every((one) => one >= 0 && one <= waitSeconds)) {
    const presets = retryPresets.join(' or ');
    throw new Error(`must be ${presets}, or at most ${retries} waits in seconds such as 60,240`);
  }
  return seconds;
}
