import type { Database } from '@selfsame/database/database';
import { type Keyring, openKeyring } from '@selfsame/keys/keyring';
import type { KeySettings } from '@selfsame/keys/settings';
import type { Log } from '@selfsame/runtime/log';
import type { Tables } from '../outbound/tables.ts';
import { hashedBefore } from './keys.ts';

/** The data keys of this service. @throws Failure those of `openKeyring` */
export function openSignalsKeyring(options: {
  config: KeySettings & { readonly signalsKey: Buffer | undefined };
  database: Database<Tables>;
  log: Log;
}): Promise<Keyring> {
  const { config, database, log } = options;
  return openKeyring({
    purpose: 'signals',
    database,
    settings: config,
    firstKey: config.signalsKey,
    firstKeyVariable: 'SIGNALS_KEY',
    sealedBefore: () => hashedBefore(database.db),
    log,
  });
}
