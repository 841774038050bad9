import type { Database } from '@selfsame/database/database';
import { type Keyring, openKeyring, type SealedBefore } from '@selfsame/keys/keyring';
import type { KeySettings } from '@selfsame/keys/settings';
import type { Log } from '@selfsame/runtime/log';
import type { BiometricsTables } from './outbound/tables.ts';
import { findNotedKey } from './outbound/template-store.ts';
import { createVault } from './outbound/vault.ts';

/**
 * The data keys of everything biometric. Its root is the biometric key: templates and names are derived from it, whatever seals
 * the data keys.
 * @throws Failure those of `openKeyring`
 */
export function openBiometricKeyring(options: {
  config: KeySettings & { readonly biometricKey: Buffer | undefined };
  database: Database<BiometricsTables>;
  log: Log;
}): Promise<Keyring> {
  const { config, database, log } = options;
  return openKeyring({
    purpose: 'biometric',
    database,
    settings: config,
    firstKey: config.biometricKey,
    firstKeyVariable: 'BIOMETRIC_KEY',
    sealedBefore: () => sealedBefore(database),
    log,
  });
}

/** A database that was used before there were data keys holds the name of its key. */
async function sealedBefore({ db }: Database<BiometricsTables>): Promise<SealedBefore | undefined> {
  const noted = await findNotedKey(db);
  return noted === undefined ? undefined : (key) => createVault(key).keyId === noted;
}
