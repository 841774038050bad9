import { createHash } from 'node:crypto';
import { type Database, openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { createLifecycle } from '@selfsame/runtime/lifecycle';
import { createLog } from '@selfsame/runtime/log';
import { exposeMetrics } from '@selfsame/runtime/metrics';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { requireApiKey } from './authentication.ts';
import { httpMigrations } from './migrations.ts';
import { forgetOldWindows, limitRates, load, secondsUntilRoom } from './rate-limit.ts';
import { createHttpServer, type HttpServer } from './server.ts';

const log = createLog('unit', 'silent');
const service = 'unit';
let postgres: Awaited<ReturnType<typeof testDatabaseUrl>>;
beforeAll(async () => {
  postgres = await testDatabaseUrl();
  await migrate({ service, url: postgres.url, migrations: httpMigrations, log });
});
afterAll(() => postgres.drop());

const closings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

/** A replica with a database connection of its own. */
async function replica(budgets: Record<string, number>): Promise<{ server: HttpServer; database: Database }> {
  const database = await openDatabase({ service, url: postgres.url, migrations: httpMigrations });
  closings.push(database.close);
  const server = createHttpServer({ service, log, health: createLifecycle(log).health });
  closings.push(async () => void (await server.close()));
  void server.register(async (api: HttpServer) => {
    requireApiKey(api, async () => ({
      applicationId: 'a',
      slug: 'a',
      name: 'a',
      environment: 'live',
      keyId: 'k',
    }));
    limitRates(api, { database, budgets });
    api.get('/read/', async () => ({}));
    api.post('/write/', async () => ({}));
    api.post('/sessions/', { config: { rateBudget: 'session_create' } }, async () => ({}));
    api.get('/open/', { config: { public: true } }, async () => ({}));
  });
  return { server, database };
}

/** Requests at the end of a minute are counted in the next one: keeps clear of that. */
async function awayFromTheMinutesEnd(database: Database): Promise<void> {
  await sql`SELECT pg_sleep(61 - s) FROM (SELECT extract(epoch FROM now())::numeric % 60 AS s) AS t WHERE s > 55`.execute(
    database.db,
  );
}

const ask = (server: HttpServer, method: 'GET' | 'POST', url: string, key = 'key-1') =>
  server.inject({ method, url, headers: { 'x-api-key': key } });

test('replicas share one budget for each key and kind, and say how much is left', async () => {
  const [one, two] = [await replica({ get: 3, write: 1 }), await replica({ get: 3, write: 1 })];
  await awayFromTheMinutesEnd(one.database);
  const first = await ask(one.server, 'GET', '/read/');
  expect(first.headers).toMatchObject({ 'x-ratelimit-limit': '3', 'x-ratelimit-remaining': '2' });
  const resetInSeconds = Number(first.headers['x-ratelimit-reset']) - Date.now() / 1000;
  expect(resetInSeconds).toBeGreaterThan(0);
  expect(resetInSeconds).toBeLessThanOrEqual(61);

  await ask(two.server, 'GET', '/read/');
  expect((await ask(one.server, 'GET', '/read/')).headers['x-ratelimit-remaining']).toBe('0');
  const refused = await ask(two.server, 'GET', '/read/');
  expect(refused.statusCode).toBe(429);
  expect(refused.json().detail).toMatch(
    /^GET request limit reached: 3 per minute. Try again in \d+ seconds.$/,
  );
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(refused.headers['x-ratelimit-remaining']).toBe('0');

  expect((await ask(one.server, 'GET', '/read/', 'key-2')).statusCode).toBe(200);
  expect((await ask(one.server, 'POST', '/write/')).statusCode).toBe(200);
  expect((await ask(two.server, 'POST', '/write/')).json().detail).toMatch(/^Write request limit/);
  expect((await ask(one.server, 'POST', '/sessions/')).headers['x-ratelimit-limit']).toBe('600');
  expect((await ask(one.server, 'GET', '/open/')).headers).not.toHaveProperty('x-ratelimit-limit');
});

test('parallel requests never get more than the budget', async () => {
  const [one, two] = [await replica({ get: 20 }), await replica({ get: 20 })];
  await awayFromTheMinutesEnd(one.database);
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      ask((index % 2 ? one : two).server, 'GET', '/read/', 'key-parallel'),
    ),
  );
  expect(answers.filter((answer) => answer.statusCode === 200)).toHaveLength(20);
  expect(answers.filter((answer) => answer.statusCode === 429)).toHaveLength(40);
});

test('the minute before counts with the part of it that the last 60 seconds hold', async () => {
  const { server, database } = await replica({ get: 100 });
  await awayFromTheMinutesEnd(database);
  const remaining = async () =>
    Number((await ask(server, 'GET', '/read/', 'key-sliding')).headers['x-ratelimit-remaining']);
  const atFirst = await remaining();
  expect(atFirst).toBe(99);
  await sql`UPDATE http_rate_limits SET minute = minute - 1, current = 60`.execute(database.db);
  const { rows } = await sql<{ elapsed: number }>`
    SELECT (extract(epoch FROM now()) % 60)::float8 AS elapsed`.execute(database.db);
  const elapsed = rows[0]?.elapsed ?? 0;
  const left = await remaining();
  expect(Math.abs(left - (99 - 60 * (1 - elapsed / 60)))).toBeLessThan(3);

  await sql`UPDATE http_rate_limits SET minute = minute - 2, current = 100`.execute(database.db);
  expect(await remaining()).toBe(99);
});

test('refused requests do not prolong the wait', async () => {
  const { server, database } = await replica({ get: 1 });
  await awayFromTheMinutesEnd(database);
  for (let request = 0; request < 5; request += 1) await ask(server, 'GET', '/read/', 'key-refused');
  const bucket = createHash('sha256').update('get key key-refused').digest();
  const { rows } = await sql`SELECT current FROM http_rate_limits WHERE bucket = ${bucket}`.execute(
    database.db,
  );
  expect(rows).toEqual([{ current: 1 }]);
});

test('who is turned away is counted by the reason, without a word about who it was', async () => {
  const { server } = await replica({ get: 1 });
  const refused = async (reason: string) => {
    const { text } = await exposeMetrics();
    expect(text).not.toMatch(/secret-|10\.77\.0\.1/);
    return Number(
      new RegExp(`^selfsame_http_refused_total{reason="${reason}"} (\\d+)`, 'm').exec(text)?.[1] ?? 0,
    );
  };
  const before = {
    rate_limit: await refused('rate_limit'),
    unauthenticated: await refused('unauthenticated'),
  };
  for (let times = 0; times < 3; times += 1) await ask(server, 'GET', '/read/', 'secret-key');
  await server.inject({ method: 'GET', url: '/read/', remoteAddress: '10.77.0.1' });
  expect(await refused('rate_limit')).toBeGreaterThanOrEqual(before.rate_limit + 1);
  expect(await refused('unauthenticated')).toBe(before.unauthenticated + 1);
});

test('the table tells no key and no address', async () => {
  const { server, database } = await replica({});
  await ask(server, 'GET', '/read/', 'recognisable-key');
  const { rows } = await sql<{ row: string }>`
    SELECT encode(bucket, 'escape') AS row FROM http_rate_limits`.execute(database.db);
  expect(JSON.stringify(rows)).not.toMatch(/recognisable|127\.0\.0\.1/);
});

test('only buckets that no longer weigh anything are swept', async () => {
  const { server, database } = await replica({});
  await ask(server, 'GET', '/read/', 'key-old');
  await sql`UPDATE http_rate_limits SET minute = minute - 2`.execute(database.db);
  await ask(server, 'GET', '/read/', 'key-new');
  await forgetOldWindows(database);
  const { rows } = await sql`SELECT bucket FROM http_rate_limits`.execute(database.db);
  expect(rows).toHaveLength(1);
});

test('without its database the limit answers 503', async () => {
  const { server, database } = await replica({});
  await server.ready();
  await database.close();
  closings.splice(0, 1);
  const answer = await ask(server, 'GET', '/read/');
  expect(answer.statusCode).toBe(503);
  expect(answer.headers['retry-after']).toBe('1');
});

describe('the wait', () => {
  test.each([
    [{ previous: 0, current: 10, elapsed: 20 }, 10, 46],
    [{ previous: 10, current: 0, elapsed: 0 }, 10, 6],
    [{ previous: 100, current: 50, elapsed: 10 }, 100, 21],
    [{ previous: 0, current: 1, elapsed: 59.5 }, 1, 61],
  ])('%o against %i is %i s', (window, limit, seconds) => {
    expect(secondsUntilRoom(window, limit)).toBe(seconds);
  });

  test('after the wait there is room, and not long before', () => {
    for (let trial = 0; trial < 2_000; trial += 1) {
      const limit = 1 + Math.floor(Math.random() * 50);
      const previous = Math.floor(Math.random() * (limit + 1));
      const current = Math.floor(Math.random() * (limit + 1));
      const elapsed = Math.random() * 60;
      if (load({ previous, current, elapsed }) + 1 <= limit) continue;
      const loadAfter = (seconds: number) => {
        const at = elapsed + seconds;
        return at < 60
          ? load({ previous, current, elapsed: at })
          : load({ previous: current, current: 0, elapsed: Math.min(at - 60, 60) });
      };
      const wait = secondsUntilRoom({ previous, current, elapsed }, limit);
      expect(loadAfter(wait) + 1).toBeLessThanOrEqual(limit + 1e-9);
      if (wait > 1) expect(loadAfter(wait - 1.001) + 1).toBeGreaterThan(limit - 1e-9);
    }
  });
});
