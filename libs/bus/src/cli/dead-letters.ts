import { parseArgs } from 'node:util';
import { openDatabase } from '@selfsame/database/database';
import { commandDatabaseUrl, readSettings } from '@selfsame/runtime/config';
import { dropLetters, type LetterSummary, listLetters, requestReplay } from '../dead-letters.ts';
import { busMigrations } from '../migrations.ts';
import type { BusTables } from '../tables.ts';

const usage = `usage: dead-letters list   --service NAME
       dead-letters replay --service NAME (--event ID | --all)
       dead-letters drop   --service NAME (--event ID | --all)
DATABASE_URL says where. The running service handles what is to be replayed; drop gives events up.`;
const listed = 100;

/** `pnpm dead-letters`: shows the events that a service could not handle, has them handled after all, or gives them up. */
try {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(process.argv[2] === '--' ? 3 : 2), // some runners hand the separator on
    allowPositionals: true,
    options: { service: { type: 'string' }, event: { type: 'string' }, all: { type: 'boolean' } },
  });
  const action = positionals.join(' ');
  const { service, event, all = false } = values;
  if (!service || !['list', 'replay', 'drop'].includes(action)) throw new Error(usage);
  if (action === 'list' ? all || event : all === (event !== undefined)) throw new Error(usage);
  const { databaseUrl } = readSettings({ databaseUrl: commandDatabaseUrl }, process.env);
  const database = await openDatabase<BusTables>({
    service,
    url: databaseUrl,
    migrations: busMigrations,
    maxConnections: 1,
  });
  try {
    if (action === 'list') {
      const { letters, total } = await listLetters(database, listed);
      if (letters.length > 0) console.table(letters.map(describe));
      const shown = total > listed ? `; the oldest ${listed} are shown` : '';
      console.log(`${total} dead letters of ${service}${shown}`);
    } else if (action === 'replay') {
      const count = await requestReplay(database, event);
      console.log(`${count} to be replayed: the service takes them within two seconds while it runs.`);
      console.log('What fails again stays, with its new reason: see list.');
      if (count === 0) process.exitCode = 1;
    } else {
      const count = await dropLetters(database, event);
      console.log(`${count} dropped`);
      if (count === 0) process.exitCode = 1;
    }
  } finally {
    await database.close();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : 'dead-letters failed');
  process.exitCode = 1;
}

/** One line of the list: never the payload or the headers. */
function describe({ consumer, eventId, subject, reason, deliveries, createdAt, isRequested }: LetterSummary) {
  const minutes = Math.floor((Date.now() - createdAt.getTime()) / 60_000);
  const age =
    minutes < 120
      ? `${minutes} min`
      : minutes < 2_880
        ? `${Math.floor(minutes / 60)} h`
        : `${Math.floor(minutes / 1_440)} d`;
  return {
    consumer,
    event: eventId,
    subject,
    reason,
    deliveries,
    age,
    replay: isRequested ? 'requested' : '',
  };
}
