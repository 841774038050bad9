import { ApiActor, type ApiCalled } from '@selfsame/contracts/audit/v1/events';
import { createLifecycle } from '@selfsame/runtime/lifecycle';
import { createLog } from '@selfsame/runtime/log';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { auditCalls } from './audit.ts';
import { requireApiKey } from './authentication.ts';
import { createHttpServer, DetailError, type HttpServer } from './server.ts';

const log = createLog('unit', 'silent');
const principal = {
  applicationId: 'application-1',
  slug: 'a',
  name: 'A',
  environment: 'live',
  keyId: 'key-1',
} as const;
const session = '01a0C0de-0000-7000-8000-000000000001';

const written: ApiCalled[][] = [];
let write: (calls: readonly ApiCalled[]) => Promise<void>;
let handled = 0;
let server: HttpServer;
let url: string;

beforeAll(async () => {
  server = createHttpServer({ service: 'unit', log, health: createLifecycle(log).health });
  void server.register(async (api: HttpServer) => {
    requireApiKey(api, async (digest) => (digest.length === 32 ? principal : null));
    auditCalls(api, { service: 'unit', write: (calls) => write(calls) });
    api.get('/sessions/:id/', { config: { audited: true } }, async () => ({ name: 'somebody' }));
    api.get('/workflows/', { config: { audited: false } }, async () => []);
    api.get('/jwks/', { config: { public: true } }, async () => []);
    api.delete('/users/:vendor_data/devices/:number/', async (_, reply) => reply.code(204).send(null));
    api.post('/sessions/', async () => {
      handled += 1;
      throw new DetailError(400, 'No.');
    });
    api.post('/busy/', async () => {
      throw new DetailError(429, 'Later.');
    });
  });
  url = await server.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => server.close());
beforeEach(() => {
  written.length = 0;
  handled = 0;
  write = async (calls) => void written.push([...calls]);
});

const call = (method: string, path: string, headers: Record<string, string> = { 'x-api-key': 'k' }) =>
  fetch(`${url}${path}`, { method, headers });
const recorded = () => written.flat().map(({ method, path, status }) => [method, path, status]);

test('whoever changes something or reads about a person is recorded, with what came of it', async () => {
  const answer = await call('GET', `/sessions/${session}/?token=secret`);
  expect(answer.status).toBe(200);
  await call('POST', '/sessions/');
  expect(recorded()).toEqual([
    ['GET', `/sessions/${session.toLowerCase()}/`, 200],
    ['POST', '/sessions/', 400],
  ]);
  expect(written[0]?.[0]).toMatchObject({
    applicationId: 'application-1',
    service: 'unit',
    actor: ApiActor.API_KEY,
    actorId: 'key-1',
    ipAddress: '127.0.0.1',
    requestId: answer.headers.get('x-request-id'),
  });
  expect(JSON.stringify(written)).not.toContain('secret');
});

test('what nobody is told, or may not see, is not recorded', async () => {
  await call('GET', '/workflows/');
  await call('GET', '/jwks/');
  await call('HEAD', '/workflows/');
  await call('POST', '/busy/');
  await call('POST', '/nowhere/');
  expect((await call('POST', '/sessions/', {})).status).toBe(401);
  expect(recorded()).toEqual([]);
});

test('a name in a path is not written down, also where it is a number; other numbers are', async () => {
  for (const name of ['ann%40example.com', '4915112345678', session]) {
    await call('DELETE', `/users/${name}/devices/17/`);
    expect(recorded().at(-1)).toEqual(['DELETE', '/users/{vendor_data}/devices/17/', 204]);
  }
});

test('nothing is answered before it is recorded', async () => {
  const gate = Promise.withResolvers<void>();
  write = async (calls) => {
    written.push([...calls]);
    await gate.promise;
  };
  let isAnswered = false;
  const answer = call('GET', `/sessions/${session}/`).then(() => {
    isAnswered = true;
  });
  await waitFor('the record', () => written.length > 0);
  expect(isAnswered).toBe(false);
  gate.resolve();
  await answer;
});

test('calls that come while others are written are written together', async () => {
  const gate = Promise.withResolvers<void>();
  write = async (calls) => {
    written.push([...calls]);
    if (written.length === 1) await gate.promise;
  };
  const first = call('POST', '/sessions/');
  await waitFor('the first record', () => written.length > 0);
  const more = Array.from({ length: 20 }, () => call('POST', '/sessions/'));
  await waitFor('the others', () => handled === 21);
  gate.resolve();
  await Promise.all([first, ...more]);
  expect(written.flat()).toHaveLength(21);
  expect(written.length).toBeLessThan(10);
});

test('without a record there is no answer but 503, and the next call is recorded again', async () => {
  write = async () => {
    throw new Error('no disk');
  };
  const answer = await call('GET', `/sessions/${session}/`);
  expect([answer.status, await answer.text()]).toEqual([503, expect.not.stringContaining('somebody')]);
  expect(answer.headers.get('retry-after')).toBe('1');
  write = async (calls) => void written.push([...calls]);
  expect((await call('GET', `/sessions/${session}/`)).status).toBe(200);
  expect(recorded()).toHaveLength(1);
});

test('a route that reads and does not say whether it is audited is not served at all', async () => {
  const forgetful = createHttpServer({ service: 'unit', log, health: createLifecycle(log).health });
  void forgetful.register(async (api: HttpServer) => {
    requireApiKey(api, async () => principal);
    auditCalls(api, { service: 'unit', write: async () => {} });
    api.get('/people/', async () => []);
  });
  await expect(forgetful.ready()).rejects.toThrow('/people/');
});
