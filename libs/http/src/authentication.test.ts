import { createHash } from 'node:crypto';
import { SessionServiceDefinition } from '@selfsame/contracts/session/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { connectGrpc, serveGrpc } from '@selfsame/runtime/grpc';
import { createLifecycle } from '@selfsame/runtime/lifecycle';
import { createLog } from '@selfsame/runtime/log';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requireApiKey, sessionKeyLookup } from './authentication.ts';
import { createHttpServer, type HttpServer } from './server.ts';

const log = createLog('unit', 'silent');
const digest = (text: string) => createHash('sha256').update(text).digest();
const keys = new Map([[digest('good').toString('hex'), 'application-1']]);

let asked: string[] = [];
let session: Awaited<ReturnType<typeof serveGrpc>>;
let connection: ReturnType<typeof connectSession>;

const connectSession = (port: number) =>
  connectGrpc(SessionServiceDefinition, `127.0.0.1:${port}`, { deadlineMs: 2_000 });

/** The session service as far as keys go. */
function serveSession(port: number) {
  const unused = () => Promise.reject(new Error('not called'));
  return serveGrpc({
    host: '127.0.0.1',
    port,
    log,
    services: (server) =>
      server.add(SessionServiceDefinition, {
        async authenticateKey({ keySha256 }) {
          const key = keySha256.toString('hex');
          asked.push(key);
          const applicationId = keys.get(key);
          if (!applicationId) throw new Failure('not_found', 'unknown_key', 'Unknown key.');
          return { applicationId, slug: 'demo', name: 'Demo', environment: 'sandbox', keyId: 'key-1' };
        },
        readSession: unused,
        openSession: unused,
        beginChallenge: unused,
        beginAttempt: unused,
        leaveSession: unused,
        describeSession: unused,
        forgetDevice: unused,
        findApplication: unused,
        exportSession: unused,
        importSession: unused,
      }),
  });
}

beforeAll(async () => {
  session = await serveSession(0);
  connection = connectSession(session.port);
});
afterAll(async () => {
  connection.close();
  await session.stop();
});

function serverWith(lookup: Parameters<typeof requireApiKey>[1]): HttpServer {
  const server = createHttpServer({ service: 'unit', log, health: createLifecycle(log).health });
  void server.register(async (api: HttpServer) => {
    requireApiKey(api, lookup);
    api.get('/who/', async (request) => request.principal);
    api.post('/upload/', async () => ({}));
    api.get('/open/', { config: { public: true } }, async () => ({ open: true }));
  });
  return server;
}

test('a known key tells its application; a missing, wrong or endless one is 401', async () => {
  const server = serverWith(sessionKeyLookup(connection.client));
  const ask = (key?: string) =>
    server.inject({ method: 'GET', url: '/who/', headers: key ? { 'x-api-key': key } : {} });
  expect((await ask('good')).json()).toEqual({
    applicationId: 'application-1',
    slug: 'demo',
    name: 'Demo',
    environment: 'sandbox',
    keyId: 'key-1',
  });
  for (const key of [undefined, 'bad', 'x'.repeat(2000)]) {
    const answer = await ask(key);
    expect(answer.statusCode).toBe(401);
    expect(answer.json()).toEqual({ detail: 'Authentication credentials were not provided or are invalid.' });
  }
  await server.close();
});

test('credentials come before everything else: body, method, and not before an unknown path or an open route', async () => {
  const server = serverWith(async () => null);
  const status = async (method: 'GET' | 'POST', url: string, payload?: string) =>
    (await server.inject({ method, url, ...(payload ? { payload } : {}) })).statusCode;
  expect(await status('POST', '/upload/', '{broken')).toBe(401);
  expect(await status('GET', '/unknown/')).toBe(404);
  expect(await status('GET', '/open/')).toBe(200);
  expect(await status('GET', '/healthz')).toBe(200);
  await server.close();
});

test('equal questions are one call, and answers are remembered', async () => {
  asked = [];
  const lookup = sessionKeyLookup(connection.client);
  const answers = await Promise.all([lookup(digest('good')), lookup(digest('good')), lookup(digest('bad'))]);
  expect(answers.map((principal) => principal?.slug)).toEqual(['demo', 'demo', undefined]);
  await lookup(digest('good'));
  expect(asked).toHaveLength(2);
});

test('a revoked key is refused once the memory has run out', async () => {
  keys.set(digest('brief').toString('hex'), 'application-2');
  const lookup = sessionKeyLookup(connection.client, { cacheMs: 20 });
  expect(await lookup(digest('brief'))).not.toBeNull();
  keys.delete(digest('brief').toString('hex'));
  await waitFor('the key is refused', async () => (await lookup(digest('brief'))) === null);
});

test('without the session service the answer is 503, and it is not remembered', async () => {
  const away = await serveSession(0);
  await away.stop();
  const { client, close } = connectSession(away.port);
  const server = serverWith(sessionKeyLookup(client));
  const ask = () => server.inject({ method: 'GET', url: '/who/', headers: { 'x-api-key': 'good' } });
  expect((await ask()).statusCode).toBe(503);

  const back = await serveSession(away.port);
  await waitFor('the key is accepted', async () => (await ask()).statusCode === 200);
  await server.close();
  close();
  await back.stop();
});
