import { Failure } from '@selfsame/runtime/errors';
import { Kysely, type Transaction as KyselyTransaction, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { connectPatiently, errorCode } from './connect.ts';
import { type Migration, planMigrations } from './migrate.ts';
import { namesOf } from './names.ts';
import { measured, watchPool } from './observed.ts';
import { PreparingClient } from './prepared.ts';
import { orUnavailable } from './unavailable.ts';

// biome-ignore lint/suspicious/noExplicitAny: kysely is invariant in its tables, so "whatever tables" cannot be said otherwise
export type AnyTables = any;

/** A kysely transaction. */
export type Transaction<Tables = AnyTables> = KyselyTransaction<Tables>;

/** The tables of one service, seen as the role that owns them. */
export interface Database<Tables = AnyTables> {
  readonly db: Kysely<Tables>;
  /** Commits when `run` resolves, rolls back when it throws. READ COMMITTED. */
  transaction<T>(run: (tx: Transaction<Tables>) => Promise<T>): Promise<T>;
  /** Calls back once `tx` has committed, never after a rollback. `callback` must not throw. */
  onCommit(tx: Transaction<Tables>, callback: () => void): void;
  /** Throws when the database does not answer. */
  ping(): Promise<void>;
  /** Waits for the connections in use. */
  close(): Promise<void>;
}

const statementTimeoutMs = 10_000;
const connectTimeoutMs = 5_000;
/** Longer than a consumer's slowest call to a neighbour inside its transaction. */
const idleInTransactionMs = 60_000;

/**
 * Connects as role `selfsame_<service>` with only the service's schema in sight, so that a query on a neighbour's tables
 * is refused by PostgreSQL. While the database cannot be asked, whatever is asked rejects with a Failure
 * `database_unavailable`, after five seconds at most where it is silent and no connection is free. int8 arrives as `number`, timestamptz as Date, jsonb parsed.
 *
 * @param options.maxConnections 10 unless given
 * @param options.serverSettings parameters of PostgreSQL, such as plan_cache_mode
 * @throws Failure `schema_behind` when a migration is missing; a newer schema is fine (rollouts overlap)
 * @throws Failure `database_unreachable`, `database_refused`
 */
export async function openDatabase<Tables>(options: {
  service: string;
  url: string;
  migrations: readonly Migration[];
  maxConnections?: number;
  serverSettings?: Readonly<Record<string, string>>;
}): Promise<Database<Tables>> {
  const { service, url, maxConnections = 10, serverSettings = {} } = options;
  const { schema, role } = namesOf(service);
  const parameters = Object.entries({ role, search_path: schema, ...serverSettings });
  const pool = new pg.Pool({
    Client: PreparingClient,
    connectionString: url,
    application_name: `selfsame-${service}`,
    options: parameters.map(([name, value]) => `-c ${name}=${value}`).join(' '),
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    // The server's own timeout comes first; this one is for a server that is gone without a word.
    query_timeout: statementTimeoutMs + 5_000,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    max: maxConnections,
    types: { getTypeParser: typeParser },
  });
  // A connection that breaks has left the pool already, or fails the transaction that holds it at its next query.
  // Without listeners it would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));

  try {
    await requireSchema(pool, options);
  } catch (error) {
    await pool.end();
    throw error;
  }

  const connect = () =>
    pool.connect().catch((error) => {
      throw orUnavailable(error);
    });
  const dialect = new PostgresDialect({ pool: { connect, end: () => pool.end(), options: pool.options } });
  const db = new Kysely<Tables>({ dialect });
  const unwatch = watchPool(pool, () => sql`select 1`.execute(db));
  const committed = new WeakMap<Transaction<Tables>, (() => void)[]>();
  return {
    db,
    async transaction(run) {
      const callbacks: (() => void)[] = [];
      const result = await measured(() =>
        db.transaction().execute((tx) => {
          committed.set(tx, callbacks);
          return run(tx);
        }),
      );
      for (const callback of callbacks) callback();
      return result;
    },
    onCommit(tx, callback) {
      const callbacks = committed.get(tx);
      if (!callbacks) throw new Error('onCommit needs a transaction of database.transaction()');
      callbacks.push(callback);
    },
    async ping() {
      await sql`select 1`.execute(db);
    },
    async close() {
      unwatch();
      await db.destroy();
      // kysely ends the pool only after it has asked something itself.
      if (!pool.ending) await pool.end();
    },
  };
}

async function requireSchema(
  pool: pg.Pool,
  { service, url, migrations }: { service: string; url: string; migrations: readonly Migration[] },
): Promise<void> {
  const behind = (missing: string, cause?: unknown) =>
    new Failure(
      'precondition',
      'schema_behind',
      `The database of ${service} lacks ${missing}: run its migrate entry first (node services/${service}/src/migrate.ts)`,
      { cause },
    );
  const applied = await connectPatiently(url, async () => {
    try {
      const { rows } = await pool.query<{ name: string }>(
        'SELECT name FROM schema_migrations ORDER BY position',
      );
      return rows.map((row) => row.name);
    } catch (error) {
      const neverMigrated = ['42P01', '22023']; // no such table; no such role in `options`
      throw neverMigrated.includes(errorCode(error)) ? behind('its schema', error) : error;
    }
  });
  const { missing } = planMigrations(applied, migrations);
  if (missing.length > 0) throw behind(missing.map((migration) => migration.name).join(', '));
}

const int8Array = 1016; // has no name in pg.types.builtins

/** PostgreSQL's int8 as a number: our ids and counters stay below 2^53, and a string would sort and add wrongly. */
function typeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  const parse = pg.types.getTypeParser(oid, format) as (value: string) => unknown;
  if (format === 'binary') return parse;
  if (oid === pg.types.builtins.INT8) return toNumber;
  if (oid === int8Array) return (value) => (parse(value) as string[]).map(toNumber);
  return parse;
}

function toNumber(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`int8 beyond 2^53: ${value}`);
  return number;
}
