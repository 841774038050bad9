import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { recordCommand } from '@selfsame/bus/commands';
import { type Database, openDatabase } from '@selfsame/database/database';
import type { Keyring } from '@selfsame/keys/keyring';
import { keySettings, ownKey } from '@selfsame/keys/settings';
import { openSigning, publicKeySet } from '@selfsame/keys/signing';
import { readSettings, sharedSettings } from '@selfsame/runtime/config';
import { createLog } from '@selfsame/runtime/log';
import { createLocalJWKSet } from 'jose';
import { shareRecordDays } from '../config.ts';
import { openShareKeyring } from '../keyring.ts';
import { migrations } from '../migrations.ts';
import { findLogs } from '../outbound/record-store.ts';
import type { Tables } from '../outbound/tables.ts';
import { signedHead } from '../records/records.ts';
import { verifyLog } from '../records/verification.ts';

const usage = `usage: share-records verify [--application ID] [--head FILE]...
       share-records head --application ID
verify reads the record of shares of one application, or of all, and says what is wrong with it. --head names a file with a signed
head that was kept elsewhere: without one nobody can tell whether the end of a log was cut off. Exit code 0: all is well; 1: something
is not; 2: it could not be read. head prints the signed head of a log, to be kept. Settings: those of the service (DATABASE_URL,
SHARE_KEY, the provider of its keys).`;
const exitCodes = { well: 0, wrong: 1, failed: 2 };
const dayMs = 86_400_000;

const settings = {
  databaseUrl: sharedSettings.databaseUrl,
  ...keySettings,
  shareKey: ownKey('SHARE_KEY'),
  shareRecordDays,
};

/** `pnpm share-records verify|head`. */
try {
  const { positionals, values } = parseArgs({
    args: process.argv.slice(process.argv[2] === '--' ? 3 : 2), // some runners hand the separator on
    allowPositionals: true,
    options: { application: { type: 'string' }, head: { type: 'string', multiple: true } },
  });
  const [action, ...others] = positionals;
  const { application, head: files = [] } = values;
  const isId = application === undefined || /^[0-9a-f-]{36}$/i.test(application);
  if (others.length > 0 || !isId || !['verify', 'head'].includes(action ?? '')) throw new Error(usage);
  if ((action === 'head' || files.length > 0) && application === undefined) throw new Error(usage);
  const heads = files.map((file) => readFileSync(file, 'utf8').trim());
  process.exitCode = await run(action === 'head' ? 'head' : 'verify', application?.toLowerCase(), heads);
} catch (error) {
  console.error(error instanceof Error ? error.message : 'share-records failed');
  process.exitCode = exitCodes.failed;
}

async function run(action: 'verify' | 'head', application: string | undefined, heads: readonly string[]) {
  const config = readSettings(settings, process.env);
  const options = { service: 'share', url: config.databaseUrl, migrations, maxConnections: 2 };
  const database = await openDatabase<Tables>(options);
  try {
    const keyring = await openShareKeyring({ database, settings: config, log: createLog('share', 'warn') });
    try {
      if (action === 'head' && application !== undefined)
        return await printHead({ database, keyring, application });
      const key = createLocalJWKSet(await publicKeySet({ database, keyring }));
      const emptyBefore = new Date(Date.now() - config.shareRecordDays * dayMs);
      const logs = application === undefined ? await findLogs(database.db) : [application];
      let isWell = true;
      for (const id of logs) isWell = (await verifyOne(database, id, { key, heads, emptyBefore })) && isWell;
      if (logs.length === 0) console.log('There is no record of shares yet.');
      return isWell ? exitCodes.well : exitCodes.wrong;
    } finally {
      keyring.close();
    }
  } finally {
    await database.close();
  }
}

/** Signs: verifying needs no key of that kind, and makes none. */
async function printHead(options: { database: Database<Tables>; keyring: Keyring; application: string }) {
  const { database, keyring, application } = options;
  const signing = await openSigning({ database, keyring, log: createLog('share', 'warn') });
  try {
    console.log((await signedHead({ database, signing }, application)).jws);
    return exitCodes.well;
  } finally {
    signing.close();
  }
}

async function verifyOne(
  database: Database<Tables>,
  applicationId: string,
  checks: Parameters<typeof verifyLog>[2],
): Promise<boolean> {
  await recordCommand(database, { applicationId, service: 'share', line: 'share-records verify' });
  const { size, root, empty, faults } = await verifyLog(database.db, applicationId, checks);
  const held = empty === 0 ? '' : `, ${empty} of them with their hash alone`;
  console.log(`application ${applicationId}: ${size} entries${held}, root ${root.toString('hex')}`);
  for (const text of faults) console.log(`  ${text}`);
  if (faults.length === 0) console.log('  all is well');
  return faults.length === 0;
}
