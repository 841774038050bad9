import type { Database } from '@selfsame/database/database';
import { type Keyring, openKeyring } from '@selfsame/keys/keyring';
import type { KeySettings } from '@selfsame/keys/settings';
import type { Log } from '@selfsame/runtime/log';
import type { Tables } from './outbound/tables.ts';

/**
 * The data keys of this service. Consents and private keys are sealed under them; what `domain/keyed.ts` lists
 * is made of the first.
 * @throws Failure of the keyring
 */
export function openShareKeyring(options: {
  database: Database<Tables>;
  settings: KeySettings & { readonly shareKey: Buffer | undefined };
  log: Log;
}): Promise<Keyring> {
  const { database, settings, log } = options;
  return openKeyring({
    purpose: 'share',
    database,
    settings,
    firstKey: settings.shareKey,
    firstKeyVariable: 'SHARE_KEY',
    log,
  });
}
