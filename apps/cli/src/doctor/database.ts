import { migrations as biometricsMigrations } from '@selfsame/biometrics/migrations';
import { readBusBacklog } from '@selfsame/bus/diagnosis';
import type { Database } from '@selfsame/database/database';
import { type Migration, planMigrations } from '@selfsame/database/migrate';
import { type ServiceName, serviceFacts } from '@selfsame/deploy/topology';
import { migrations as signalsMigrations } from '@selfsame/fraud-signals/migrations';
import { Failure } from '@selfsame/runtime/errors';
import { migrations as sessionMigrations } from '@selfsame/session/migrations';
import { migrations as shareMigrations } from '@selfsame/share/migrations';
import { migrations as webhookMigrations } from '@selfsame/webhook-dispatcher/migrations';
import { sql } from 'kysely';
import { duration } from '../terminal.ts';
import { type Check, factOf, failed, lineOf, ok, type Result, skipped, warning } from './check.ts';
import type { Deployment } from './deployment.ts';
import type { Looks } from './looks.ts';

type Owning = Exclude<ServiceName, 'capture'>;

const migrations: Readonly<Record<Owning, readonly Migration[]>> = {
  session: sessionMigrations,
  biometrics: biometricsMigrations,
  'fraud-signals': signalsMigrations,
  share: shareMigrations,
  'webhook-dispatcher': webhookMigrations,
};

const oldestVersion = 14;
const testedVersion = 18;
const connectionsShare = 0.85;
/** An event that waits longer than this has not been published by the process that made it. */
const outboxWarnMs = 10_000;
const outboxFailMs = 5 * 60_000;

export function databaseChecks({ services }: Deployment, looks: Looks): Check[] {
  const names = services
    .map(({ name }) => name)
    .filter((name): name is Owning => serviceFacts[name].hasDatabase);
  const first = names[0];
  return [
    ...(first === undefined
      ? []
      : [{ area: 'database', check: 'PostgreSQL', run: () => server(looks, first), timeoutMs: 12_000 }]),
    ...names.map(
      (name): Check => ({
        area: 'database',
        check: `schema of ${name}`,
        run: () => schema(looks, name),
        timeoutMs: 12_000,
      }),
    ),
    ...names.map(
      (name): Check => ({
        area: 'events',
        check: `outbox of ${name}`,
        run: () => outbox(looks, name),
        timeoutMs: 12_000,
      }),
    ),
  ];
}

/** The database of a service; or what to say where others say why there is none. */
export async function databaseOf(looks: Looks, name: ServiceName): Promise<Database | Result> {
  try {
    return await looks.database(name);
  } catch {
    return skipped('its tables could not be looked at, see database');
  }
}

async function server(looks: Looks, name: Owning): Promise<Result[]> {
  let database: Database;
  try {
    database = await looks.database(name);
  } catch (error) {
    // A schema that was never made is told by its own check: the server answered.
    if (error instanceof Failure && error.code === 'schema_behind') return [ok('answers')];
    return [failed(factOf(error), remedyFor(error))];
  }
  const { rows } = await sql<{ version: number; name: string; used: number; most: number; size: string }>`
    SELECT current_setting('server_version_num')::int / 10000 AS version, current_setting('server_version') AS name,
      (SELECT count(*)::int FROM pg_stat_activity WHERE datid IS NOT NULL) AS used,
      current_setting('max_connections')::int AS most, pg_size_pretty(pg_database_size(current_database())) AS size`.execute(
    database.db,
  );
  const [row] = rows;
  if (row === undefined) return [failed('it answers nothing', 'see its log')];
  const results = [
    row.version < oldestVersion
      ? failed(
          `version ${row.name}`,
          `upgrade it: Selfsame is built and tested with PostgreSQL ${testedVersion}`,
        )
      : ok(`version ${row.name}, ${row.size}, ${row.used} of ${row.most} connections`),
  ];
  if (row.used > row.most * connectionsShare)
    results.push(
      warning(
        `${row.used} of ${row.most} connections are taken`,
        'raise max_connections, put a pooler in front, or run fewer replicas (each takes up to 10)',
        'connections',
      ),
    );
  return results;
}

function remedyFor(error: unknown): string {
  if (error instanceof Failure && error.code === 'database_refused')
    return 'correct the login in DATABASE_URL, and make it a member of the roles selfsame_<service>';
  return 'start it or correct DATABASE_URL; everything that was answered is in it, and goes on when it is back';
}

async function schema(looks: Looks, name: Owning): Promise<Result[]> {
  const migrate = `run its migration: node services/${name}/src/migrate.ts`;
  let database: Database;
  try {
    database = await looks.database(name);
  } catch (error) {
    if (!(error instanceof Failure)) return [failed(lineOf(error), migrate)];
    if (error.code === 'schema_behind') return [failed('it was never made', migrate)];
    if (error.code !== 'database_refused') return [skipped('PostgreSQL could not be looked at')];
    const role = `selfsame_${name.replaceAll('-', '_')}`;
    return [failed(lineOf(error), `GRANT ${role} TO the login in DATABASE_URL of ${name}`)];
  }
  const { rows } = await sql<{ name: string }>`SELECT name FROM schema_migrations ORDER BY position`.execute(
    database.db,
  );
  const { missing, newer } = planMigrations(
    rows.map((row) => row.name),
    migrations[name],
  );
  if (missing.length > 0)
    return [failed(`behind this release: lacks ${missing.map((each) => each.name).join(', ')}`, migrate)];
  if (newer.length > 0)
    return [
      warning(`ahead of this release: has ${newer.join(', ')}`, 'finish the roll-out of the newer release'),
    ];
  return [ok(`${rows.length} migrations, none missing`)];
}

async function outbox(looks: Looks, name: Owning): Promise<Result[]> {
  const database = await databaseOf(looks, name);
  if ('status' in database) return [database];
  const { unpublished, oldestUnpublished, deadLetters } = await readBusBacklog(database.db);
  const ageMs = oldestUnpublished === null ? 0 : looks.now().getTime() - oldestUnpublished.getTime();
  const waits = `${unpublished} ${unpublished === 1 ? 'event waits' : 'events wait'} to be published, for ${duration(ageMs)}`;
  const remedy = `bring NATS back, or give it room; ${name} publishes them by itself when it runs`;
  const results: Result[] = [
    ageMs > outboxFailMs
      ? failed(waits, remedy)
      : ageMs > outboxWarnMs
        ? warning(waits, remedy)
        : ok(unpublished === 0 ? 'empty of what is to be published' : waits),
  ];
  for (const { consumer, letters } of deadLetters) {
    const text = `${consumer} could not handle ${letters} ${letters === 1 ? 'event' : 'events'}`;
    const how = `pnpm dead-letters list --service ${name}; mend the reason, then replay`;
    results.push(failed(text, how, 'dead letters'));
  }
  return results;
}
