import type { Log } from '@selfsame/runtime/log';
import pg from 'pg';
import { connectPatiently, errorCode } from './connect.ts';
import { namesOf } from './names.ts';

/** One additive step: replicas of the previous release keep running on the schema that it leaves. */
export interface Migration {
  /** `0001-sessions`, or with the name of a lib in front: `bus-0001-outbox`. Never renamed once released. */
  readonly name: string;
  readonly up: string;
}

/** A forgotten migrator ends at last, instead of blocking every later one. */
const sessionOptions = '-c statement_timeout=600000 -c lock_timeout=600000';

/**
 * Brings the schema of a service up to date: creates role and schema when missing, then applies what is missing as that
 * role, each migration in its transaction. Migrators of one service take turns (advisory lock), so any number may run.
 * A database that knows newer migrations than we do belongs to a newer release; it is left alone, with a warning.
 *
 * @param options.url login that may create roles and schemas; it becomes a member of the service's role
 * @throws Error when applied migrations were renamed, removed or reordered
 * @throws Failure `database_unreachable`, `database_refused`
 */
export async function migrate(options: {
  service: string;
  url: string;
  migrations: readonly Migration[];
  log: Log;
}): Promise<void> {
  const { service, url, migrations, log } = options;
  const { schema, role } = namesOf(service);
  const client = await connectPatiently(url, async () => {
    const attempt = new pg.Client({
      connectionString: url,
      options: sessionOptions,
      connectionTimeoutMillis: 5_000,
    });
    attempt.on('error', () => {}); // a lost connection also rejects the query that is waiting
    await attempt.connect();
    return attempt;
  });
  try {
    await client.query(`SELECT pg_advisory_lock(hashtext('selfsame migrate'), hashtext($1))`, [service]);
    await ensureRole(client, role);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${role}`);
    await client.query(`SET ROLE ${role}`);
    await client.query(`SET search_path = ${schema}`);
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_migrations (
         position   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         name       text NOT NULL UNIQUE,
         applied_at timestamptz NOT NULL DEFAULT now()
       )`,
    );
    const { rows } = await client.query<{ name: string }>(
      'SELECT name FROM schema_migrations ORDER BY position',
    );
    const plan = planMigrations(
      rows.map((row) => row.name),
      migrations,
    );
    if (plan.newer.length > 0) {
      log.warn({ newer: plan.newer }, `database of ${service} is newer than this release; nothing done`);
      return;
    }
    for (const migration of plan.missing) {
      await apply(client, migration);
      log.info({ migration: migration.name }, 'migration applied');
    }
  } finally {
    await client.end();
  }
}

/**
 * What is left to do. Names are compared per family (`bus-`, `http-`, the service's own), since a lib may add a migration
 * long after the service has added its own.
 */
export function planMigrations(
  applied: readonly string[],
  known: readonly Migration[],
): { missing: Migration[]; newer: string[] } {
  const missing: Migration[] = [];
  const newer: string[] = [];
  const names = known.map((migration) => migration.name);
  if (new Set(names).size < names.length) throw new Error(`migrations listed twice: ${names.join(', ')}`);
  for (const family of new Set([...applied, ...names].map(familyOf))) {
    const done = applied.filter((name) => familyOf(name) === family);
    const wanted = known.filter((migration) => familyOf(migration.name) === family);
    const changed = done.findIndex((name, index) => index < wanted.length && wanted[index]?.name !== name);
    if (changed >= 0) {
      throw new Error(
        `migration ${done[changed]} was applied where the code now has ${wanted[changed]?.name}: ` +
          'applied migrations are never renamed, removed or reordered; add new ones at the end',
      );
    }
    missing.push(...wanted.slice(done.length));
    newer.push(...done.slice(wanted.length));
  }
  return { missing, newer };
}

function familyOf(name: string): string {
  const family = /^(.*?)\d{4}-/.exec(name)?.[1];
  if (family === undefined) throw new Error(`migration ${name} has no number: 0001-words or lib-0001-words`);
  return family;
}

async function apply(client: pg.Client, { name, up }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    // A table lock that waits makes every reader wait behind it; rather fail and be run again.
    await client.query(`SET LOCAL lock_timeout = '30s'`);
    await client.query(up);
    await client.query('INSERT INTO schema_migrations (name) VALUES ($1)', [name]);
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => {});
    throw new Error(`migration ${name} failed: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/**
 * Roles belong to the whole server while advisory locks belong to one database, so migrators of two databases may meet
 * here: the loser of such a meeting looks again.
 */
async function ensureRole(client: pg.Client, role: string): Promise<void> {
  const met = new Set(['42710', '23505', 'XX000']); // duplicate object, unique violation, tuple concurrently updated
  for (let attempt = 1; ; attempt++) {
    try {
      const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
      if (!rowCount) await client.query(`CREATE ROLE ${role} NOLOGIN`);
      const { rows } = await client.query<{ granted: boolean }>(
        `SELECT pg_has_role($1, CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)
                AS granted`,
        [role],
      );
      if (!rows[0]?.granted) await client.query(`GRANT ${role} TO current_user`);
      return;
    } catch (error) {
      if (attempt === 5 || !met.has(errorCode(error))) throw error;
    }
  }
}
