import { openDatabase } from '@selfsame/database/database';
import { readSettings, setting, sharedSettings } from '@selfsame/runtime/config';
import { createKeyedHash } from '../domain/keyed-hash.ts';
import { rekeyLists } from '../lists/keys.ts';
import { migrations } from '../migrations.ts';
import type { Tables } from '../outbound/tables.ts';

/**
 * Takes the lists over to the key that SIGNALS_KEY holds now, while no replica runs. Entries of erased people are not found
 * after that, and entries that name a session are not found by an erasure of its person.
 */
try {
  const settings = {
    databaseUrl: sharedSettings.databaseUrl,
    key: setting.key('SIGNALS_KEY', { bytes: 32 }),
  };
  const { databaseUrl: url, key } = readSettings(settings, process.env);
  const service = 'fraud-signals';
  const database = await openDatabase<Tables>({ service, url, migrations, maxConnections: 1 });
  try {
    const count = await rekeyLists({ hash: createKeyedHash(key), database });
    console.log(`${count} entries are found by the new key.`);
  } finally {
    await database.close();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : 'the lists could not be taken over');
  process.exitCode = 1;
}
