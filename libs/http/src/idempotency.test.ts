import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { Failure } from '@selfsame/runtime/errors';
import { createLifecycle } from '@selfsame/runtime/lifecycle';
import { createLog } from '@selfsame/runtime/log';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { requireApiKey } from './authentication.ts';
import { forgetOldAnswers, honourIdempotencyKeys } from './idempotency.ts';
import { httpMigrations } from './migrations.ts';
import { createHttpServer, DetailError, FieldError, type HttpServer } from './server.ts';

const log = createLog('unit', 'silent');
const service = 'unit';
let postgres: Awaited<ReturnType<typeof testDatabaseUrl>>;
let database: Database;
let server: HttpServer;

let runs = 0;
/** What the handler does; each run counts. */
let work: (run: number) => Promise<unknown>;

beforeAll(async () => {
  postgres = await testDatabaseUrl();
  await migrate({ service, url: postgres.url, migrations: httpMigrations, log });
  database = await openDatabase({ service, url: postgres.url, migrations: httpMigrations });
  server = createHttpServer({ service, log, health: createLifecycle(log).health });
  void server.register(async (api: HttpServer) => {
    requireApiKey(api, async () => ({
      applicationId: 'a',
      slug: 'a',
      name: 'a',
      environment: 'live',
      keyId: 'k',
    }));
    honourIdempotencyKeys(api, { database });
    api.post('/v3/session/', async (_request, reply) => {
      runs += 1;
      const body = await work(runs);
      return reply.code(201).header('location', `/v3/session/${runs}/`).send(body);
    });
    api.patch('/v3/session/', async () => ({ run: ++runs }));
  });
});
afterAll(async () => {
  await server.close();
  await database.close();
  await postgres.drop();
});
beforeEach(() => {
  runs = 0;
  work = async (run) => ({ run, session_token: 'secret-token' });
});

const freshKey = () => randomUUID();

const post = (key: string | undefined, body: object = { a: 1 }, apiKey = 'key-1') =>
  server.inject({
    method: 'POST',
    url: '/v3/session/',
    payload: body,
    headers: { 'x-api-key': apiKey, ...(key === undefined ? {} : { 'idempotency-key': key }) },
  });

test('an equal request gets the very answer of the first, which ran once', async () => {
  const key = freshKey();
  const first = await post(key);
  const second = await post(key);
  expect(runs).toBe(1);
  expect(second.body).toBe(first.body);
  expect([second.statusCode, second.headers['content-type'], second.headers.location]).toEqual([
    201,
    first.headers['content-type'],
    '/v3/session/1/',
  ]);
  expect(first.headers).not.toHaveProperty('idempotency-replayed');
  expect(second.headers['idempotency-replayed']).toBe('true');
});

test('without a key, with another key, another API key or another method every request runs', async () => {
  const key = freshKey();
  await post(key);
  await post(undefined);
  await post(freshKey());
  await post(key, { a: 1 }, 'key-2');
  const headers = { 'x-api-key': 'key-1', 'idempotency-key': key };
  await server.inject({ method: 'PATCH', url: '/v3/session/', headers });
  expect(runs).toBe(5);
});

test('the key of another body is a conflict', async () => {
  const key = freshKey();
  await post(key, { a: 1 });
  const other = await post(key, { a: 2 });
  expect([other.statusCode, runs]).toEqual([409, 1]);
  expect(other.json()).toEqual({ detail: 'This Idempotency-Key was used with a different request.' });
});

test('of parallel equal requests one runs; the others are told to come back', async () => {
  const key = freshKey();
  const finish = Promise.withResolvers<void>();
  work = async (run) => {
    await finish.promise;
    return { run };
  };
  let refused = 0;
  const all = Array.from({ length: 8 }, async () => {
    const answer = await post(key);
    if (answer.statusCode === 409) refused += 1;
    if (refused === 7) finish.resolve();
    return answer;
  });
  const answers = await Promise.all(all);
  expect(runs).toBe(1);
  expect(answers.filter((answer) => answer.statusCode === 201)).toHaveLength(1);
  const waiting = answers.filter((answer) => answer.statusCode === 409);
  expect(waiting).toHaveLength(7);
  expect(waiting[0]?.headers['retry-after']).toBe('1');
  expect((await post(key)).json()).toEqual({ run: 1 });
});

test.each([
  ['a refusal', new FieldError({ workflow_id: 'Unknown.' }), 400, 1],
  ['a conflict', new DetailError(409, 'No.'), 409, 1],
  ['a 401', new DetailError(401, 'No.'), 401, 2],
  ['a 429', new DetailError(429, 'Slow.'), 429, 2],
  ['a 500', new Error('bug'), 500, 2],
  ['a 503', new Failure('unavailable', 'down', 'Down.'), 503, 2],
])('%s is kept or forgotten as it deserves', async (_name, error, status, wantedRuns) => {
  const key = freshKey();
  work = async () => {
    throw error;
  };
  const first = await post(key);
  const second = await post(key);
  expect([first.statusCode, second.statusCode, runs]).toEqual([status, status, wantedRuns]);
  expect(second.body).toBe(first.body);
});

test('a holder that crashed frees its key after a minute, and its late answer is not kept', async () => {
  const key = freshKey();
  const finish = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  work = async (run) => {
    if (run === 1) {
      entered.resolve();
      await finish.promise;
    }
    return { run };
  };
  const crashed = post(key);
  crashed.catch(() => {});
  await entered.promise;
  expect((await post(key)).statusCode).toBe(409);
  await sql`UPDATE http_idempotency SET started_at = now() - interval '61 seconds'
            WHERE sealed_answer IS NULL`.execute(database.db);
  expect((await post(key)).json()).toEqual({ run: 2 });
  finish.resolve();
  await crashed;
  expect((await post(key)).json()).toEqual({ run: 2 });
});

test('an answer is forgotten after 24 hours', async () => {
  const key = freshKey();
  await post(key);
  await sql`UPDATE http_idempotency SET started_at = now() - interval '25 hours'`.execute(database.db);
  expect((await post(key)).json().run).toBe(2);
});

test('what is older than 24 hours is swept, and nothing else', async () => {
  await post(freshKey());
  await sql`UPDATE http_idempotency SET started_at = now() - interval '25 hours'`.execute(database.db);
  await post(freshKey());
  await forgetOldAnswers(database);
  const { rows } = await sql`SELECT scope FROM http_idempotency`.execute(database.db);
  expect(rows).toHaveLength(1);
});

test('the table holds neither token, nor API key, nor idempotency key', async () => {
  await post('recognisable idempotency', {}, 'recognisable-api-key');
  const { rows } = await sql`SELECT * FROM http_idempotency`.execute(database.db);
  const text = rows
    .flatMap((row) => Object.values(row as object))
    .map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)));
  expect(text.join()).not.toMatch(/secret-token|recognisable/);
});

test.each(['', 'x'.repeat(256), 'ümlaut'])('the key %j is refused', async (key) => {
  expect((await post(key)).statusCode).toBe(400);
  expect(runs).toBe(0);
});
