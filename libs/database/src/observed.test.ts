import { createLog } from '@selfsame/runtime/log';
import { exposeMetrics } from '@selfsame/runtime/metrics';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { migrate } from './migrate.ts';

let server: Awaited<ReturnType<typeof testDatabaseUrl>>;
let database: Database;
beforeAll(async () => {
  server = await testDatabaseUrl();
  const service = { service: 'observed', url: server.url, migrations: [] };
  await migrate({ ...service, log: createLog('test', 'silent') });
  database = await openDatabase({ ...service, maxConnections: 1 });
});
afterAll(() => server.drop());

async function value(series: string): Promise<number | undefined> {
  const { text } = await exposeMetrics();
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.split(' ').at(1));
}
const connections = async () =>
  Promise.all(
    ['used', 'idle', 'waiting'].map((state) => value(`selfsame_database_connections{state="${state}"}`)),
  );

test('transactions are measured by how they ended, and no statement or value is told', async () => {
  await database.transaction((tx) => sql`SELECT ${'secret-value'}`.execute(tx));
  const failing = database.transaction(async (tx) => {
    await sql`SELECT 1 AS secret_column`.execute(tx);
    throw new Error('secret-cause');
  });
  await expect(failing).rejects.toThrow();
  expect(await value('selfsame_database_transaction_seconds_count{outcome="committed"}')).toBe(1);
  expect(await value('selfsame_database_transaction_seconds_count{outcome="rolled_back"}')).toBe(1);
  expect((await exposeMetrics()).text).not.toMatch(/secret/);
});

test('who takes a free connection in the moment of a scrape does not wait', async () => {
  await sql`SELECT 1`.execute(database.db);
  const asked = sql`SELECT 1`.execute(database.db);
  expect(await value('selfsame_database_connections{state="waiting"}')).toBe(0);
  await asked;
});

test('a pool shows what is used and who waits, until it is closed', async () => {
  const { promise: until, resolve: release } = Promise.withResolvers<void>();
  const holding = database.transaction(async (tx) => {
    await sql`SELECT 1`.execute(tx);
    await until;
  });
  const waiting = database.transaction((tx) => sql`SELECT 1`.execute(tx));
  await waitFor('one used, one waits', async () => String(await connections()) === '1,0,1');
  release();
  await Promise.all([holding, waiting]);
  expect(await connections()).toEqual([0, 1, 0]);
  await database.close();
  expect(await connections()).toEqual([undefined, undefined, undefined]);
});
