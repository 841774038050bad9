import { randomBytes } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createLog } from '@selfsame/runtime/log';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { type Migration, migrate, planMigrations } from './migrate.ts';
import { prepared } from './prepared.ts';

interface Tables {
  things: { id: number; label: string; made_at: Date; extra: unknown };
}

const log = createLog('test', 'silent');
const things: Migration = {
  name: '0001-things',
  up: `CREATE TABLE things (
         id bigint PRIMARY KEY, label text NOT NULL, made_at timestamptz NOT NULL DEFAULT now(), extra jsonb
       )`,
};
const later: Migration = { name: '0002-later', up: 'CREATE TABLE later (id int)' };

let server: Awaited<ReturnType<typeof testDatabaseUrl>>;
beforeAll(async () => {
  server = await testDatabaseUrl();
});
afterAll(() => server.drop());

async function administer(statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

async function withDatabase(
  service: string,
  run: (database: Database<Tables>) => Promise<void>,
): Promise<void> {
  await migrate({ service, url: server.url, migrations: [things], log });
  const database = await openDatabase<Tables>({ service, url: server.url, migrations: [things] });
  try {
    await run(database);
  } finally {
    await database.close();
  }
}

describe('a service', () => {
  test('cannot read or see the tables of another, whatever name it uses', async () => {
    await migrate({ service: 'neighbour', url: server.url, migrations: [things], log });
    await withDatabase('nosy-one', async ({ db }) => {
      await db
        .insertInto('things')
        .values({ id: 1, label: 'mine', made_at: new Date(), extra: null })
        .execute();
      const foreign = db.withSchema('neighbour').selectFrom('things').selectAll();
      await expect(foreign.execute()).rejects.toThrow('permission denied for schema neighbour');
    });
    // Its own schema is not open to the neighbour either.
    const neighbour = await openDatabase<Tables>({
      service: 'neighbour',
      url: server.url,
      migrations: [things],
    });
    try {
      expect(await neighbour.db.selectFrom('things').selectAll().execute()).toEqual([]);
      const foreign = neighbour.db.withSchema('nosy_one').selectFrom('things').selectAll();
      await expect(foreign.execute()).rejects.toThrow('permission denied');
    } finally {
      await neighbour.close();
    }
  });

  test('reads int8 as number, timestamptz as Date, jsonb parsed', async () => {
    await withDatabase('types', async ({ db }) => {
      const row = {
        id: 2 ** 52,
        label: 'x',
        made_at: new Date('2026-01-02T03:04:05.678Z'),
        extra: { a: [1] },
      };
      await db
        .insertInto('things')
        .values({ ...row, extra: JSON.stringify(row.extra) })
        .execute();
      expect(await db.selectFrom('things').selectAll().executeTakeFirstOrThrow()).toEqual(row);
      const { count } = await db
        .selectFrom('things')
        .select(db.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      expect(count).toBe(1);
      const { rows } = await sql<{ ids: number[] }>`select array[1, ${2 ** 52}]::bigint[] as ids`.execute(db);
      expect(rows).toEqual([{ ids: [1, 2 ** 52] }]);
    });
  });

  test('prepares a statement that is marked once on each connection', async () => {
    await withDatabase('prepared', async ({ db, transaction }) => {
      const addUp = prepared<{ a: number; b: number }, { sum: number; twice: number }>(
        'add_up',
        (value) =>
          sql`SELECT ${value('a')}::int + ${value('b')}::int AS sum, 2 * (${value('a')}::int + ${value('b')}::int) AS twice`,
      );
      const sum = async (a: number, b: number, queries = db) => {
        const [row] = await addUp(queries, { b, a });
        expect(row?.twice).toBe(2 * (a + b));
        return row?.sum;
      };
      expect(await Promise.all([sum(1, 2), sum(3, 4)])).toEqual([3, 7]);
      await transaction(async (tx) => {
        expect([await sum(5, 6, tx), await sum(7, 8, tx)]).toEqual([11, 15]);
        const { rows } =
          await sql`SELECT name, cardinality(parameter_types) AS values FROM pg_prepared_statements`.execute(
            tx,
          );
        expect(rows).toEqual([{ name: 'add_up', values: 2 }]);
      });
      const other = prepared('add_up', () => sql`SELECT 'something else'`);
      await expect(other(db, {})).rejects.toThrow("'add_up' was used for a different statement");
      expect(() => prepared('*/ DROP TABLE', () => sql`SELECT`)).toThrow('no name');
      const unnamed = prepared('unnamed', () => sql`SELECT ${1}`);
      await expect(unnamed(db, {})).rejects.toThrow('a value without a name');
    });
  });

  test('hears of its commit after the rows are visible, and never of a rollback', async () => {
    await withDatabase('hooks', async ({ db, transaction, onCommit }) => {
      const heard: string[] = [];
      const add = (id: number) => ({ id, label: 'x', made_at: new Date(), extra: null });
      let visible: Promise<unknown[]> | undefined;
      await transaction(async (tx) => {
        await tx.insertInto('things').values(add(1)).execute();
        onCommit(tx, () => {
          heard.push('committed');
          visible = db.selectFrom('things').selectAll().execute();
        });
        expect(heard).toEqual([]);
      });
      expect(heard).toEqual(['committed']);
      expect(await visible).toHaveLength(1);

      const failing = transaction(async (tx) => {
        onCommit(tx, () => heard.push('rolled back'));
        await tx.insertInto('things').values(add(2)).execute();
        throw new Error('changed my mind');
      });
      await expect(failing).rejects.toThrow('changed my mind');
      expect(heard).toEqual(['committed']);
      expect(await db.selectFrom('things').selectAll().execute()).toHaveLength(1);
    });
  });

  test('is gone after close, even when it has asked nothing', async () => {
    await migrate({ service: 'unused', url: server.url, migrations: [things], log });
    const unused = await openDatabase({ service: 'unused', url: server.url, migrations: [things] });
    await unused.close();
    await expect(unused.ping()).rejects.toThrow();
  });

  test('survives the loss of its connections, idle or in the middle of a transaction', async () => {
    await withDatabase('survivor', async ({ db, transaction, ping }) => {
      await ping();
      const interrupted = transaction(async (tx) => {
        const row = { id: 1, label: 'x', made_at: new Date(), extra: null };
        await tx.insertInto('things').values(row).execute();
        const killed = await administer(
          `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'selfsame-survivor'`,
        );
        expect(killed.rowCount).toBeGreaterThan(0);
        await tx.selectFrom('things').selectAll().execute();
      });
      await expect(interrupted).rejects.toThrow();
      await waitFor('another connection', () => ping().then(() => true));
      expect(await db.selectFrom('things').selectAll().execute()).toEqual([]);
    });
  });

  test('refuses to start on a schema that is behind and names the remedy', async () => {
    const never = openDatabase({ service: 'never-migrated', url: server.url, migrations: [things] });
    await expect(never).rejects.toMatchObject({
      code: 'schema_behind',
      message: expect.stringContaining('services/never-migrated/src/migrate.ts'),
    });
    await migrate({ service: 'behind', url: server.url, migrations: [things], log });
    const behind = openDatabase({ service: 'behind', url: server.url, migrations: [things, later] });
    await expect(behind).rejects.toMatchObject({
      code: 'schema_behind',
      message: expect.stringContaining('0002-later'),
    });
  });

  test('starts on a newer schema, since replicas of two releases overlap', async () => {
    await migrate({ service: 'newer', url: server.url, migrations: [things, later], log });
    const database = await openDatabase<Tables>({
      service: 'newer',
      url: server.url,
      migrations: [things],
    });
    await database.close();
  });

  test.concurrent('says where nothing answers, without the password, within seconds', async () => {
    const silent = openDatabase({
      service: 'lost',
      url: 'postgres://u:secret-word@127.0.0.1:1/x',
      migrations: [],
    });
    await expect(silent).rejects.toMatchObject({
      code: 'database_unreachable',
      message: expect.stringContaining('127.0.0.1:1 (ECONNREFUSED)'),
    });
    await silent.catch((error) => expect(String(error)).not.toContain('secret-word'));
  }, 10_000);

  test.concurrent('gives up on a port that accepts and says nothing', async () => {
    const mute = createServer(() => {});
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as { port: number };
    const url = `postgres://u@127.0.0.1:${port}/x`;
    const opening = openDatabase({ service: 'lost', url, migrations: [] });
    await expect(opening).rejects.toMatchObject({ code: 'database_unreachable' });
    mute.close();
  }, 15_000);

  test('says so at once when the server refuses it', async () => {
    const url = new URL(server.url);
    url.pathname = '/no_such_database';
    const opening = openDatabase({ service: 'lost', url: url.href, migrations: [] });
    await expect(opening).rejects.toMatchObject({
      code: 'database_refused',
      message: expect.stringContaining('no_such_database'),
    });
  });
});

describe('migrators', () => {
  test('that run at the same time agree', async () => {
    const slow: Migration = { name: '0001-slow', up: 'CREATE TABLE once (id int); SELECT pg_sleep(0.1)' };
    const run = () => migrate({ service: 'together', url: server.url, migrations: [slow], log });
    await Promise.all([run(), run(), run()]);
  });

  test('in two databases of one server agree on the role they share', async () => {
    const others = await Promise.all([1, 2, 3, 4].map(() => testDatabaseUrl()));
    try {
      await Promise.all(
        others.map(({ url }) => migrate({ service: 'shared-role', url, migrations: [things], log })),
      );
    } finally {
      await Promise.all(others.map((other) => other.drop()));
    }
  });

  test('keep what went through and nothing of a migration that failed', async () => {
    const broken: Migration = { name: '0002-broken', up: 'CREATE TABLE half (id int); SELECT 1/0' };
    const failing = migrate({ service: 'broken', url: server.url, migrations: [things, broken], log });
    await expect(failing).rejects.toThrow('0002-broken failed: division by zero');
    const mended: Migration = { name: '0002-broken', up: 'CREATE TABLE half (id int)' };
    await migrate({ service: 'broken', url: server.url, migrations: [things, mended], log });
    await migrate({ service: 'broken', url: server.url, migrations: [things, mended], log });
  });

  test('leave a database of a newer release alone', async () => {
    await migrate({ service: 'rolled-back', url: server.url, migrations: [things, later], log });
    const lib: Migration = { name: 'lib-0001-x', up: 'SELECT 1/0' };
    await migrate({ service: 'rolled-back', url: server.url, migrations: [lib, things], log });
  });

  test('need no superuser: who may create roles can migrate and serve', async () => {
    const unique = randomBytes(4).toString('hex'); // roles belong to the whole server
    const login = `plain_${unique}`;
    const service = `plain-service-${unique}`;
    const role = `selfsame_plain_service_${unique}`;
    const url = new URL(server.url);
    url.username = login;
    url.password = 'p';
    await administer(`CREATE ROLE ${login} LOGIN CREATEROLE PASSWORD 'p'`);
    await administer(`GRANT CREATE ON DATABASE ${url.pathname.slice(1)} TO ${login}`);
    await migrate({ service, url: url.href, migrations: [things], log });
    await migrate({ service, url: url.href, migrations: [things], log });
    const database = await openDatabase<Tables>({ service, url: url.href, migrations: [things] });
    expect(await database.db.selectFrom('things').selectAll().execute()).toEqual([]);
    await database.close();
    await administer(`DROP OWNED BY ${role}, ${login} CASCADE; DROP ROLE ${role}, ${login}`);
  });
});

describe('planning', () => {
  const named = (...names: string[]): Migration[] => names.map((name) => ({ name, up: '' }));

  test('a lib may add a migration after the service has added its own', () => {
    const { missing } = planMigrations(['bus-0001-a', '0001-b'], named('bus-0001-a', 'bus-0002-c', '0001-b'));
    expect(missing.map(({ name }) => name)).toEqual(['bus-0002-c']);
  });

  test.each([
    ['renamed', ['0001-a'], ['0001-b']],
    ['reordered', ['0001-a', '0002-b'], ['0002-b', '0001-a']],
    ['inserted before', ['0001-a', '0003-c'], ['0001-a', '0002-b', '0003-c']],
  ])('an applied migration that was %s is an error', (_, applied, known) => {
    expect(() => planMigrations(applied, named(...known))).toThrow('applied migrations are never renamed');
  });

  test('a name listed twice or without a number is an error', () => {
    expect(() => planMigrations([], named('0001-a', '0001-a'))).toThrow('twice');
    expect(() => planMigrations([], named('sessions'))).toThrow('no number');
  });
});

describe('a database that goes away', () => {
  test('is told to whoever asks as `unavailable`, in a statement, before one and in a transaction; it is found again', async () => {
    const { hostname, port } = new URL(server.url);
    const sockets = new Set<Socket>();
    const relay = createServer((socket) => {
      const onward = connect(Number(port || 5432), hostname);
      socket.pipe(onward).pipe(socket);
      for (const each of [socket, onward]) sockets.add(each.on('error', () => undefined));
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    const { port: relayPort } = relay.address() as AddressInfo;
    await migrate({ service: 'patient', url: server.url, migrations: [things], log });
    const url = Object.assign(new URL(server.url), { hostname: '127.0.0.1', port: String(relayPort) }).href;
    const { db, transaction, ping, close } = await openDatabase<Tables>({
      service: 'patient',
      url,
      migrations: [things],
    });
    const cut = () => {
      for (const socket of sockets) socket.destroy();
    };
    const away = { name: 'Failure', kind: 'unavailable', code: 'database_unavailable', retryable: true };

    const slow = sql`select pg_sleep(20)`.execute(db);
    const holding = transaction(async (tx) => {
      await sql`select pg_sleep(20)`.execute(tx);
    });
    const both = Promise.allSettled([slow, holding]);
    await waitFor('both are at work', async () => {
      const { rows } = await administer(`select 1 from pg_stat_activity where query like 'select pg_sleep%'`);
      return rows.length === 2;
    });
    const closed = new Promise((resolve) => relay.close(resolve));
    cut();
    for (const outcome of await both) expect(outcome).toMatchObject({ status: 'rejected', reason: away });
    await closed;
    await expect(ping()).rejects.toMatchObject(away);

    await new Promise<void>((resolve) => relay.listen(relayPort, '127.0.0.1', resolve));
    await ping();
    // What is wrong with a statement stays what it is.
    await expect(sql`select 1 from nowhere`.execute(db)).rejects.toMatchObject({ code: '42P01' });
    await close();
    relay.close();
    cut();
  });
});
