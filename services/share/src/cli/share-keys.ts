import { parseArgs } from 'node:util';
import { recordCommand } from '@selfsame/bus/commands';
import { type Database, openDatabase } from '@selfsame/database/database';
import { keySettings, ownKey } from '@selfsame/keys/settings';
import { listSigningKeys, rotateSigningKey } from '@selfsame/keys/signing';
import { commandDatabaseUrl, readSettings } from '@selfsame/runtime/config';
import { createLog } from '@selfsame/runtime/log';
import { openShareKeyring } from '../keyring.ts';
import { migrations } from '../migrations.ts';
import { listAudienceKeys } from '../outbound/audience-key-store.ts';
import type { Tables } from '../outbound/tables.ts';
import { rotateAudienceKey } from '../shares/audience-keys.ts';

const usage = `usage: share-keys list
       share-keys rotate signing
       share-keys rotate audience --application ID
list: the keys that receipts, consents and heads of the record are signed with, and those that shares are sealed for; ids and ages, never
a key. rotate signing: from now on a new key signs; running replicas take it within 15 seconds, and former signatures stay good.
rotate audience: from now on what is shared with the application is sealed for a new key; tokens on their way stay good. Settings: those
of the service (DATABASE_URL, SHARE_KEY, the provider of its keys).`;

const settings = { databaseUrl: commandDatabaseUrl, ...keySettings, shareKey: ownKey('SHARE_KEY') };

/** `pnpm share-keys`: one JSON line for each key. */
try {
  const { positionals, values } = parseArgs({
    args: process.argv.slice(process.argv[2] === '--' ? 3 : 2), // some runners hand the separator on
    allowPositionals: true,
    options: { application: { type: 'string' } },
  });
  const action = positionals.join(' ');
  const { application } = values;
  const needsApplication = action === 'rotate audience';
  const isId = application === undefined ? !needsApplication : /^[0-9a-f-]{36}$/i.test(application);
  if (!isId || !['list', 'rotate signing', 'rotate audience'].includes(action)) throw new Error(usage);
  await run(action, application?.toLowerCase());
} catch (error) {
  console.error(error instanceof Error ? error.message : 'share-keys failed');
  process.exitCode = 1;
}

async function run(action: string, application: string | undefined): Promise<void> {
  const config = readSettings(settings, process.env);
  const database = await openDatabase<Tables>({
    service: 'share',
    url: config.databaseUrl,
    migrations,
    maxConnections: 2,
  });
  try {
    if (action === 'list') return await list(database, application);
    const keyring = await openShareKeyring({ database, settings: config, log: createLog('share', 'warn') });
    try {
      if (action === 'rotate audience' && application) {
        await recordCommand(database, {
          applicationId: application,
          service: 'share',
          line: `share-keys ${action}`,
        });
        const { keyId } = await rotateAudienceKey(database.db, keyring, application);
        console.log(JSON.stringify({ rotated: 'audience', application_id: application, key_id: keyId }));
      } else {
        console.log(
          JSON.stringify({ rotated: 'signing', key_id: await rotateSigningKey({ database, keyring }) }),
        );
      }
    } finally {
      keyring.close();
    }
  } finally {
    await database.close();
  }
}

async function list(database: Database<Tables>, application: string | undefined): Promise<void> {
  for (const key of await listSigningKeys(database)) console.log(JSON.stringify({ use: 'signing', ...key }));
  for (const { application_id, ...key } of await listAudienceKeys(database.db, application)) {
    console.log(JSON.stringify({ use: 'audience', application_id, ...key }));
  }
}
