import { parseArgs } from 'node:util';
import type { Bus } from '@selfsame/bus/bus';
import { recordCommand } from '@selfsame/bus/commands';
import { enqueueDeferred } from '@selfsame/bus/deferred';
import { openDatabase } from '@selfsame/database/database';
import { commandDatabaseUrl, readSettings } from '@selfsame/runtime/config';
import { migrations } from '../migrations.ts';
import { type Counted, listRetaining } from '../outbound/retention-store.ts';
import type { Tables } from '../outbound/tables.ts';
import { type RetentionReport, runRetention } from '../retention.ts';

const usage = 'usage: retention [--dry-run] [--application SLUG]';

/**
 * `pnpm retention`: deletes the sessions that applications do not want kept any longer, as the running service does every hour,
 * and prints one JSON line an application. `--dry-run` only counts. Works while NATS is away: the service tells the others.
 */
try {
  const { values } = parseArgs({
    args: process.argv.slice(process.argv[2] === '--' ? 3 : 2), // some runners hand the separator on
    options: { 'dry-run': { type: 'boolean', default: false }, application: { type: 'string' } },
  });
  const { 'dry-run': isDry, application: slug } = values;
  const { databaseUrl } = readSettings({ databaseUrl: commandDatabaseUrl }, process.env);
  const database = await openDatabase<Tables>({
    service: 'session',
    url: databaseUrl,
    migrations,
    maxConnections: 2,
  });
  try {
    const applications = await listRetaining(database.db, slug);
    if (slug !== undefined && applications.length === 0) {
      throw new Error(`${slug} is no application, or keeps its sessions for ever`);
    }
    for (const { id } of isDry ? [] : applications) {
      await recordCommand(database, { applicationId: id, service: 'session', line: 'retention' });
    }
    const bus: Pick<Bus<Tables>, 'enqueue'> = { enqueue: enqueueDeferred };
    const reports = await runRetention({ database, bus }, { slug, isDry });
    for (const report of reports) process.stdout.write(`${JSON.stringify(lineOf(report, isDry))}\n`);
  } finally {
    await database.close();
  }
} catch (error) {
  const isOurs = error instanceof Error && error.name !== 'error';
  process.stderr.write(`${isOurs ? error.message : 'retention failed'}\n${usage}\n`);
  process.exitCode = 1;
}

function lineOf({ application, deleted, left }: RetentionReport, isDry: boolean) {
  return {
    application: application.slug,
    retention_days: application.days,
    dry_run: isDry,
    [isDry ? 'to_delete' : 'deleted']: counts(deleted),
    left: counts(left),
  };
}

function counts({ hosted, api, imported, oldest }: Counted) {
  return { hosted, api, imported, oldest: oldest?.toISOString() ?? null };
}
