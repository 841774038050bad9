import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { recordCommand } from '@selfsame/bus/commands';
import { type Database, openDatabase } from '@selfsame/database/database';
import type { Keyring } from '@selfsame/keys/keyring';
import { keySettings, ownKey } from '@selfsame/keys/settings';
import { openSigning, publicKeySet } from '@selfsame/keys/signing';
import { commandDatabaseUrl, readSettings } from '@selfsame/runtime/config';
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
const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const settings = {
  databaseUrl: commandDatabaseUrl,
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
  const wrong = mistakeOf({ action, others, application, wantsOne: action === 'head' || files.length > 0 });
  if (wrong !== undefined) throw new Error(`${wrong}\n${usage}`);
  const heads = files.map((file) => readFileSync(file, 'utf8').trim());
  process.exitCode = await run(action === 'head' ? 'head' : 'verify', application?.toLowerCase(), heads);
} catch (error) {
  console.error(error instanceof Error ? error.message : 'share-records failed');
  process.exitCode = exitCodes.failed;
}

/** What is wrong with the command line. */
function mistakeOf(given: {
  readonly action: string | undefined;
  readonly others: readonly string[];
  readonly application: string | undefined;
  readonly wantsOne: boolean;
}): string | undefined {
  const { action, others, application, wantsOne } = given;
  if (action === undefined) return 'Say what to do: verify or head.';
  if (!['verify', 'head'].includes(action)) return `There is no command "${action}".`;
  if (others.length > 0) return `This is too much: ${others.join(' ')}`;
  if (application === undefined) {
    return wantsOne ? `${action === 'head' ? 'head' : '--head'} needs --application.` : undefined;
  }
  return uuidForm.test(application)
    ? undefined
    : `--application takes the id of an application, a UUID, not "${application}".`;
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
      const all = await findLogs(database.db);
      if (application !== undefined && !all.includes(application) && heads.length === 0) {
        console.error(`There is no record of shares of application ${application}.`);
        return exitCodes.failed;
      }
      const logs = application === undefined ? all : [application];
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
