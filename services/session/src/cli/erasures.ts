import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { recordCommand } from '@selfsame/bus/commands';
import { openDatabase } from '@selfsame/database/database';
import { commandDatabaseUrl, readSettings, setting } from '@selfsame/runtime/config';
import { isUuid } from '../domain/ids.ts';
import { listErasures, reapplyErasures } from '../erasure-list.ts';
import { migrations } from '../migrations.ts';
import { type ListedErasure, listKnownApplications } from '../outbound/erasure-list-store.ts';
import type { Tables } from '../outbound/tables.ts';

const usage = `usage: erasures list [--since TIME]
       erasures reapply --file LIST`;

/**
 * `pnpm erasures list` prints the erasures of all applications, one JSON line each, by pseudonym: a list to keep outside the
 * database. `pnpm erasures reapply` carries out those of such a list that a restored database no longer knows, and prints
 * what becomes of each; exit code 1 when somebody has to look after one. Works while NATS is away: the service goes on.
 */
try {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(process.argv[2] === '--' ? 3 : 2), // some runners hand the separator on
    options: { since: { type: 'string', default: '1970-01-01' }, file: { type: 'string' } },
    allowPositionals: true,
  });
  const [command] = positionals;
  if (command === 'list') await list(new Date(values.since));
  else if (command === 'reapply' && values.file !== undefined) await reapply(values.file);
  else throw new Error('list, or reapply with a file');
} catch (error) {
  const isOurs = error instanceof Error && error.name !== 'error';
  process.stderr.write(`${isOurs ? error.message : 'erasures failed'}\n${usage}\n`);
  process.exitCode = 1;
}

async function list(since: Date): Promise<void> {
  if (Number.isNaN(since.getTime())) throw new Error('--since is no time, such as 2026-11-21T22:15:00Z');
  await using database = await open();
  for await (const erasure of listErasures(database.db, since)) print(erasure);
}

async function reapply(file: string): Promise<void> {
  const listed = (await readFile(file, 'utf8')).split('\n').flatMap(readLine);
  const { key } = readSettings({ key: setting.key('SESSION_TOKEN_KEY', { bytes: 32 }) }, process.env);
  await using database = await open();
  const applications = listed.map(({ application_id }) => application_id);
  for (const applicationId of await listKnownApplications(database.db, applications)) {
    await recordCommand(database, { applicationId, service: 'session', line: 'erasures reapply' });
  }
  const results = await reapplyErasures(database, key, listed);
  for (const { erasure, outcome, sessionId } of results) {
    const session = sessionId === undefined ? {} : { session_id: sessionId };
    print({ erasure_id: erasure.erasure_id, application_id: erasure.application_id, outcome, ...session });
  }
  const count = (outcome: string) => results.filter((each) => each.outcome === outcome).length;
  if (count('session') > 0) {
    process.stderr.write(
      `${count('session')} of sessions without vendor_data: delete them with deletion_instruction privacy_erasure\n`,
    );
    process.exitCode = 1;
  }
  if (count('unknown') > 0) {
    process.stderr.write(
      `${count('unknown')} of people without a session: have their application ask for the erasure once more, by name\n`,
    );
    process.exitCode = 1;
  }
}

/** One line of a list; an empty one is none. */
function readLine(line: string, index: number): ListedErasure[] {
  if (line.trim() === '') return [];
  const mistake = new Error(`line ${index + 1} is none of "erasures list"`);
  try {
    const read: ListedErasure = JSON.parse(line);
    const isWhole =
      isUuid(read.erasure_id) && isUuid(read.application_id) && /^[0-9a-f]{32}$/.test(read.user_pid);
    if (!isWhole || Number.isNaN(Date.parse(read.requested_at))) throw mistake;
    return [{ ...read, instruction_id: read.instruction_id ?? null }];
  } catch {
    throw mistake;
  }
}

async function open() {
  const { databaseUrl } = readSettings({ databaseUrl: commandDatabaseUrl }, process.env);
  const database = await openDatabase<Tables>({
    service: 'session',
    url: databaseUrl,
    migrations,
    maxConnections: 2,
  });
  return { ...database, [Symbol.asyncDispose]: () => database.close() };
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
