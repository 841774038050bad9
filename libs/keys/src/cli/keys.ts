import { parseArgs } from 'node:util';
import { type Database, openDatabase } from '@selfsame/database/database';
import { commandDatabaseUrl, type Environment, readSettings } from '@selfsame/runtime/config';
import { createLog } from '@selfsame/runtime/log';
import { type DataKeyRow, findDataKeys, type KeyTables, listDataKeys } from '../key-table.ts';
import { openKeyring } from '../keyring.ts';
import { keyMigrations } from '../migrations.ts';
import type { KeyProvider } from '../provider.ts';
import { openProvider } from '../providers/open.ts';
import { noDataKeys, rewrapDataKeys, rotateDataKeys } from '../rotation.ts';
import { keyVariables, type SealingService, signingServices } from '../services.ts';
import { keySettings, ownKey } from '../settings.ts';
import { rotateSigningKey } from '../signing.ts';

const services = Object.keys(keyVariables).join(', ');
const usage = `usage: keys list   --service NAME
       keys rotate --service NAME [--purpose NAME]
       keys rewrap --service NAME
       keys rotate-signing --service NAME
NAME: ${services}; of rotate-signing: ${signingServices.join(', ')}
The settings are the service's own: DATABASE_URL, KEY_PROVIDER and what that one needs.
list: the data keys and what seals each; reads the table alone.
rotate: adds a data key. Running replicas learn it within seconds and seal what is new under it.
rewrap: seals the data keys anew under the provider's current key. Where that one is another than before, its settings come
with NEW_ in front: NEW_KEY_PROVIDER, NEW_KEY_FILE, NEW_KMS_KEY_ID, …, and NEW_<the service's own key variable>.
rotate-signing: from now on a new key signs. Running replicas take it within 15 seconds, and former signatures stay good.`;

/** `pnpm keys`: prints one JSON line for each data key; never a key. */
try {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(process.argv[2] === '--' ? 3 : 2), // some runners hand the separator on
    allowPositionals: true,
    options: {
      service: { type: 'string' },
      purpose: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  const action = positionals.join(' ');
  const { service, purpose } = values;
  if (!isSealing(service) || !isAction(action)) throw new Error(usage);
  if (purpose !== undefined && action !== 'rotate') throw new Error(usage);
  if (action === 'rotate-signing' && !signingServices.includes(service)) throw new Error(usage);

  const { databaseUrl: url } = readSettings({ databaseUrl: commandDatabaseUrl }, process.env);
  const database = await openDatabase<KeyTables>({
    service,
    url,
    migrations: keyMigrations,
    maxConnections: 1,
  });
  try {
    if (action === 'list') {
      for (const row of await listDataKeys(database.db)) print(lineOf(row));
    } else if (action === 'rotate') {
      for (const line of await rotateDataKeys(database, providerOf(service, process.env), purpose))
        print(line);
    } else if (action === 'rotate-signing') {
      print({ rotated: 'signing', key_id: await rotateSigning(service, database) });
    } else {
      const to = providerOf(service, withNew(process.env));
      const rewrapped = await rewrapDataKeys(database, [providerOf(service, process.env), to], to);
      print({ rewrapped, provider: to.name });
    }
  } finally {
    await database.close();
  }
} catch (error) {
  process.stderr.write(`keys: ${error instanceof Error ? error.message : 'failed'}\n`);
  process.exitCode = 1;
}

function isAction(action: string): boolean {
  return ['list', 'rotate', 'rewrap', 'rotate-signing'].includes(action);
}

function isSealing(service: string | undefined): service is SealingService {
  return service !== undefined && Object.hasOwn(keyVariables, service);
}

/** @throws ConfigError, Failure `key_provider_unconfigured` */
function providerOf(service: SealingService, environment: Environment): KeyProvider {
  const { variable, key, settings } = keyedSettings(service, environment);
  return openProvider(settings, { variable, key });
}

function keyedSettings(service: SealingService, environment: Environment) {
  const variable = keyVariables[service];
  const { key, ...settings } = readSettings({ ...keySettings, key: ownKey(variable) }, environment);
  return { variable, key, settings };
}

/** @throws Failure `no_data_keys`, those of the keyring */
async function rotateSigning(service: SealingService, database: Database<KeyTables>): Promise<string> {
  if ((await findDataKeys(database.db, service)).length === 0) throw noDataKeys();
  const { variable, key, settings } = keyedSettings(service, process.env);
  const keyring = await openKeyring({
    purpose: service,
    database,
    settings,
    firstKey: key,
    firstKeyVariable: variable,
    log: createLog(service, 'warn'),
  });
  try {
    return await rotateSigningKey({ database, keyring });
  } finally {
    keyring.close();
  }
}

/** The environment as it will be: what is named NEW_X stands for X. */
function withNew(environment: Environment): Environment {
  const renamed = Object.entries(environment).flatMap(([name, value]) =>
    name.startsWith('NEW_') && value?.trim() ? [[name.slice('NEW_'.length), value]] : [],
  );
  return { ...environment, ...Object.fromEntries(renamed) };
}

function lineOf({ wrapped: _, ...row }: DataKeyRow): object {
  return row;
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
