import { randomBytes } from 'node:crypto';
import { openDatabase } from '@selfsame/database/database';
import { keySettings, ownKey } from '@selfsame/keys/settings';
import { commandDatabaseUrl, readSettings } from '@selfsame/runtime/config';
import { createLog } from '@selfsame/runtime/log';
import { openSignalsKeyring } from '../lists/keyring.ts';
import { rekeyLists } from '../lists/keys.ts';
import { migrations } from '../migrations.ts';
import type { Tables } from '../outbound/tables.ts';

const service = 'fraud-signals';

/**
 * Takes the lists over to a new key, while no replica runs: it is made here, and kept under the data keys. Entries of erased
 * people are not found after that, and entries that name a session are not found by an erasure of its person.
 */
try {
  const settings = {
    databaseUrl: commandDatabaseUrl,
    ...keySettings,
    signalsKey: ownKey('SIGNALS_KEY'),
  };
  const config = readSettings(settings, process.env);
  const database = await openDatabase<Tables>({
    service,
    url: config.databaseUrl,
    migrations,
    maxConnections: 2,
  });
  try {
    const keyring = await openSignalsKeyring({ config, database, log: createLog(service, 'warn') });
    const count = await rekeyLists({ database, keyring }, randomBytes(32));
    keyring.close();
    console.log(`${count} entries are found by the new key.`);
  } finally {
    await database.close();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : 'the lists could not be taken over');
  process.exitCode = 1;
}
