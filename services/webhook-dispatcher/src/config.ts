import {
  ConfigError,
  type Environment,
  readSettings,
  setting,
  sharedSettings,
} from '@selfsame/runtime/config';
import { type AddressPolicy, readNetworks } from './domain/addresses.ts';
import type { Schedule } from './domain/schedule.ts';

const settings = {
  host: sharedSettings.host,
  httpPort: sharedSettings.httpPort,
  databaseUrl: sharedSettings.databaseUrl,
  natsUrl: sharedSettings.natsUrl,
  trustedProxies: sharedSettings.trustedProxies,
  sessionGrpc: setting.string('SESSION_GRPC', { hint: 'host:port of the session service' }),
  /** Seals the secrets of destinations; lost, every destination needs a new secret. */
  secretKey: setting.key('WEBHOOK_SECRET_KEY', { bytes: 32 }),
  allowedNetworks: setting.list('WEBHOOK_ALLOWED_NETWORKS', { default: [] }),
  allowHttp: setting.boolean('WEBHOOK_ALLOW_HTTP', { default: false }),
  /** One attempt, from looking up the name to the receiver's status line. */
  timeoutMs: setting.integer('WEBHOOK_TIMEOUT_MS', { default: 5_000, min: 100, max: 30_000 }),
  retryDelaysSeconds: setting.list('WEBHOOK_RETRY_DELAYS_SECONDS', { default: ['60', '240'] }),
  /** Attempts under way at once in one process; each is a socket and a body of some kilobytes. */
  concurrency: setting.integer('WEBHOOK_CONCURRENCY', { default: 512, min: 1, max: 10_000 }),
  /** Of these, for one destination: what a hanging receiver can take from the others. */
  concurrencyPerDestination: setting.integer('WEBHOOK_CONCURRENCY_PER_DESTINATION', { default: 16, min: 1 }),
  /** How often a replica looks for retries that are due and for work of replicas that died. */
  pollIntervalMs: setting.integer('WEBHOOK_POLL_INTERVAL_MS', { default: 1_000, min: 10, max: 60_000 }),
};

/** Everything the service can be told from outside, checked. */
export interface Config {
  readonly host: string;
  readonly httpPort: number;
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly trustedProxies: string[];
  readonly sessionGrpc: string;
  readonly secretKey: Buffer;
  readonly addressPolicy: AddressPolicy;
  readonly timeoutMs: number;
  readonly schedule: Schedule;
  readonly concurrency: number;
  readonly concurrencyPerDestination: number;
  readonly pollIntervalMs: number;
}

/** @throws ConfigError naming every variable that is missing or wrong */
export function readConfig(environment: Environment): Config {
  const { allowedNetworks, allowHttp, retryDelaysSeconds, ...rest } = readSettings(settings, environment);
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
  const retryDelaysMs = attempt('WEBHOOK_RETRY_DELAYS_SECONDS', () => readDelays(retryDelaysSeconds), []);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return {
    ...rest,
    addressPolicy: { allowedNetworks: networks, allowHttp },
    schedule: { retryDelaysMs },
  };
}

function readDelays(entries: readonly string[]): number[] {
  return entries.map((entry) => {
    const seconds = Number(entry);
    if (!(seconds >= 0 && seconds <= 7 * 86_400))
      throw new Error(`must be seconds, such as 60,240, not "${entry}"`);
    return Math.round(seconds * 1000);
  });
}
