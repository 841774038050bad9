import type { Database } from '@selfsame/database/database';
import type { Log } from '@selfsame/runtime/log';
import type { KeySettings } from './settings.ts';

/** The data keys of one purpose, open in memory. */
export interface Keyring {
  /**
   * 32 bytes that never change, for what is derived and cannot be made anew: names, blind indexes, tokens. The data key of
   * version 1.
   */
  readonly root: Buffer;
  /**
   * AES-256-GCM under the newest data key. The result names the key version; the owner is authenticated with it.
   * @param owner whatever the value belongs to, the application first: [applicationId, 'share', shareId]
   */
  seal(plain: Uint8Array, owner: readonly string[]): Buffer;
  /** @throws Failure `sealed_unopenable` when it was altered, moved to another owner or sealed under another keyring */
  open(sealed: Uint8Array, owner: readonly string[]): Promise<Buffer>;
  close(): void;
}

/**
 * Opens the data keys of a purpose, and makes the first.
 * @param options.firstKey what version 1 is on an empty table (a key that the service had before there were keyrings, also the
 *   wrapping key of the provider `environment`); random where there is none
 * @throws Failure `key_unopenable`, `key_provider_unreachable`, `key_file_missing`
 */
export async function openKeyring(_options: {
  purpose: string;
  database: Database;
  settings: KeySettings;
  firstKey?: Buffer | undefined;
  log: Log;
}): Promise<Keyring> {
  throw new Error('keyrings come next');
}
