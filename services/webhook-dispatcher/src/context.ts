import type { Bus } from '@selfsame/bus/bus';
import type { Database } from '@selfsame/database/database';
import type { Keyring } from '@selfsame/keys/keyring';
import type { Log } from '@selfsame/runtime/log';
import type { Config } from './config.ts';
import type { WebhookClient } from './outbound/http-client.ts';
import type { SecretBox } from './outbound/secrets.ts';
import type { Tables } from './outbound/tables.ts';

/** What the use cases work with. */
export interface Context {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database<Tables>;
  readonly bus: Bus<Tables>;
  readonly client: WebhookClient;
  /** Of what this service seals; its root makes the keys that sign. */
  readonly keyring: Keyring;
  readonly secrets: SecretBox;
  /** The clock that signatures carry. */
  readonly now: () => Date;
}

/**
 * How long a claim holds. An attempt ends within its timeout; what is left is for writing it down, so that nobody else
 * takes a delivery which is in good hands.
 */
export function leaseMs(config: Config): number {
  return config.timeoutMs + 3_000;
}

/** How soon somebody looks at a delivery that waits for its turn, beside who is to wake it. */
export function lookMs(config: Config): number {
  return Math.min(config.gapMs, 600_000);
}
