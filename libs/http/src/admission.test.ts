import { connect, type Socket } from 'node:net';
import { createLog } from '@selfsame/runtime/log';
import { afterEach, expect, test } from 'vitest';
import { type Admission, admitRequests } from './admission.ts';
import { createHttpServer, type HttpServer } from './server.ts';

const lines: string[] = [];
const log = createLog('unit', 'warn', { write: (line: string) => void lines.push(line) });
const health = { started: () => true, live: () => true, ready: () => true };

let server: HttpServer | undefined;
afterEach(() => server?.close());

interface Stage {
  get(path: string): Promise<{ status: number; body: unknown; retryAfter: unknown }>;
  /** Requests that were let in and wait for `answer`. */
  waiting(): number;
  answer(): void;
}

/** Routes of all three kinds of work that wait until they are told to answer. */
function open(admission: Partial<Admission>, loopDelayMs = () => 0): Stage {
  const opened = createHttpServer({ service: 'unit', log, health });
  server = opened;
  admitRequests(opened, { httpRequestsMax: 4, httpLoopDelayMaxMs: 100, ...admission }, loopDelayMs);
  const waiting: (() => void)[] = [];
  opened.addHook('onRequest', async (request) => {
    if (request.headers['x-api-key'] === 'asked') throw new Error('a refused request was looked at');
  });
  const wait = () => new Promise((resolve) => waiting.push(() => resolve({ ok: true })));
  opened.get('/new', { config: { work: 'new' } }, wait);
  opened.get('/usual', wait);
  opened.get('/finishing', { config: { work: 'finishing' } }, wait);
  return {
    async get(path) {
      const { statusCode, headers, body } = await opened.inject({ url: path });
      return { status: statusCode, body: JSON.parse(body), retryAfter: headers['retry-after'] };
    },
    waiting: () => waiting.length,
    answer: () => {
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
}

async function letIn(stage: Stage, path: string, count: number) {
  const before = stage.waiting();
  const answers = Array.from({ length: count }, () => stage.get(path));
  await expect.poll(() => stage.waiting()).toBe(before + count);
  return answers;
}

test('beyond its requests a process refuses at once: 503, when to come again, in the shape of the contract', async () => {
  const stage = open({});
  const answers = await letIn(stage, '/usual', 4);
  const refused = await stage.get('/usual');
  expect(refused.status).toBe(503);
  expect(refused.body).toEqual({ detail: 'The service is temporarily unavailable. Try again shortly.' });
  expect(Number(refused.retryAfter)).toBeGreaterThanOrEqual(1);
  expect(Number(refused.retryAfter)).toBeLessThanOrEqual(3);
  stage.answer();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const [after] = await letIn(stage, '/usual', 1);
  stage.answer();
  expect((await after)?.status).toBe(200);
});

test('what is new is refused first, what finishes last', async () => {
  const stage = open({});
  const answers = await letIn(stage, '/new', 2);
  expect((await stage.get('/new')).status).toBe(503);
  answers.push(...(await letIn(stage, '/usual', 2)));
  expect((await stage.get('/usual')).status).toBe(503);
  answers.push(...(await letIn(stage, '/finishing', 4)));
  expect((await stage.get('/finishing')).status).toBe(503);
  stage.answer();
  for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
});

test('an event loop that is late refuses new work first', async () => {
  let delayMs = 60;
  const stage = open({}, () => delayMs);
  expect((await stage.get('/new')).status).toBe(503);
  const answers = await letIn(stage, '/usual', 1);
  delayMs = 150;
  expect((await stage.get('/usual')).status).toBe(503);
  answers.push(...(await letIn(stage, '/finishing', 1)));
  stage.answer();
  for (const { status } of await Promise.all(answers)) expect(status).toBe(200);
});

test('a service that wants nothing new goes on with the rest', async () => {
  const stage = open({ wantsNew: () => false });
  expect((await stage.get('/new')).status).toBe(503);
  const [answer] = await letIn(stage, '/usual', 1);
  stage.answer();
  expect((await answer)?.status).toBe(200);
});

test('probes and measurements are never refused', async () => {
  const stage = open({ httpRequestsMax: 0 }, () => 10_000);
  expect((await stage.get('/finishing')).status).toBe(503);
  for (const path of ['/startupz', '/readyz', '/healthz']) expect((await stage.get(path)).status).toBe(200);
  const metrics = await server?.inject({ url: '/metrics' });
  expect(metrics?.statusCode).toBe(200);
  expect(metrics?.body).toMatch(/selfsame_http_refused_total\{[^}]*reason="overload"[^}]*\} [1-9]/);
});

test('a refusal costs next to nothing: no key is looked at, no line is written', async () => {
  open({ httpRequestsMax: 0 });
  lines.length = 0;
  const answer = await server?.inject({ url: '/usual', headers: { 'x-api-key': 'asked' } });
  expect(answer?.statusCode).toBe(503);
  expect(lines).toEqual([]);
});

/** A request whose body stays away. */
function openSlowly(port: number, key: string): Socket {
  const socket = connect(port, '127.0.0.1');
  const lines = ['POST /new HTTP/1.1', 'host: a', `x-api-key: ${key}`, 'content-type: application/json'];
  socket.write(`${[...lines, 'content-length: 2'].join('\r\n')}\r\n\r\n{`);
  return socket;
}

test('slow bodies of one caller keep no other one out, and are no work until they are here', async () => {
  const opened = createHttpServer({ service: 'unit', log, health });
  server = opened;
  admitRequests(opened, { httpRequestsMax: 32, httpLoopDelayMaxMs: 100 }, () => 0);
  let begun = 0;
  opened.addHook('onRequest', async (request) => {
    begun += 1;
    const applicationId = String(request.headers['x-api-key']);
    request.principal = { applicationId, slug: '', name: '', environment: 'live', keyId: '' };
  });
  opened.post('/new', { config: { work: 'new' } }, async () => ({ ok: true }));
  const url = await opened.listen({ host: '127.0.0.1', port: 0 });
  const sockets: Socket[] = [];
  const answers: string[] = [];
  const addSlow = (key: string, count: number) => {
    for (let one = 0; one < count; one += 1) {
      const socket = openSlowly(Number(new URL(url).port), key);
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.once('data', (chunk) => answers.push(`${key} ${String(chunk).split(' ')[1]}`));
    }
  };
  const create = async (key: string) => {
    const headers = { 'content-type': 'application/json', 'x-api-key': key };
    return (await fetch(`${url}/new`, { method: 'POST', headers, body: '{}' })).status;
  };
  try {
    // Of the 16 places for new work, 4 bodies of one caller may be on their way.
    addSlow('many', 128);
    await expect.poll(() => answers.length).toBe(124);
    expect(new Set(answers)).toEqual(new Set(['many 503']));
    expect(await create('other')).toBe(200);
    // Of all callers together, 32.
    answers.length = 0;
    for (let caller = 0; caller < 8; caller += 1) addSlow(`caller ${caller}`, 4);
    await expect.poll(() => answers.length).toBe(4);
    expect(begun).toBe(128 + 1 + 32);
    answers.length = 0;
    for (const socket of sockets) if (!socket.destroyed) socket.write('}');
    await expect.poll(() => answers.filter((answer) => answer.endsWith(' 200')).length).toBe(32);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});

test('a body that was long on its way is refused when there is no room for its work', async () => {
  const opened = createHttpServer({ service: 'unit', log, health });
  server = opened;
  admitRequests(opened, { httpRequestsMax: 4, httpLoopDelayMaxMs: 100 }, () => 0);
  const waiting: (() => void)[] = [];
  let begun = 0;
  opened.addHook('onRequest', async () => {
    begun += 1;
  });
  opened.post('/new', { config: { work: 'new' } }, async () => ({ ok: true }));
  opened.get('/usual', () => new Promise((resolve) => waiting.push(() => resolve({ ok: true }))));
  const url = await opened.listen({ host: '127.0.0.1', port: 0 });
  const socket = openSlowly(Number(new URL(url).port), 'any');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  await expect.poll(() => begun).toBe(1);
  const others = Array.from({ length: 4 }, async () => await opened.inject({ url: '/usual' }));
  await expect.poll(() => waiting.length).toBe(4);
  socket.write('}');
  await expect.poll(() => answer).toMatch(/^HTTP\/1\.1 503 /);
  for (const resolve of waiting) resolve();
  for (const { statusCode } of await Promise.all(others)) expect(statusCode).toBe(200);
  socket.destroy();
});
