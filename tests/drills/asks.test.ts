import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, objectionTo, type What } from './asks.ts';
import { wellAt } from './crowd.ts';
import type { Journey } from './journey.ts';
import { sortAsks } from './judgement.ts';
import { openLine } from './line.ts';

const refusal = (status: number, headers: Record<string, string>, body: string) => ({
  status,
  headers: new Headers(headers),
  text: body,
  json: body.startsWith('{') ? JSON.parse(body) : undefined,
});
const soon = { 'retry-after': '1', 'content-type': 'application/json' };
const html = { 'retry-after': '5', 'content-type': 'text/html; charset=utf-8' };

it.each<[What, number, Record<string, string>, string, string | undefined]>([
  ['create', 503, soon, '{"detail":"Try again shortly."}', undefined],
  ['page', 503, html, '<!doctype html><html></html>', undefined],
  ['create', 503, {}, '{"detail":"Try again shortly."}', 'does not say when'],
  ['create', 503, soon, '{}', 'says nothing'],
  ['create', 500, soon, '{"detail":"A server error occurred."}', 'unexpected'],
  ['create', 502, soon, '{"detail":"Broken off."}', 'unexpected'],
  ['decision', 404, soon, '{"detail":"Not found."}', 'unexpected'],
  ['decision', 401, soon, '{"detail":"No."}', 'unexpected'],
  ['page', 503, soon, '{"detail":"Try again shortly."}', 'is no page'],
])('a refusal is clear or it is not: %s %i', (what, status, headers, body, objection) => {
  const found = objectionTo(what, refusal(status, headers, body));
  if (objection === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(objection);
});

const journey = (more: Partial<Journey>): Journey => ({
  isStranger: false,
  sessionId: 's',
  sessionUrl: undefined,
  told: [],
  asks: [],
  beganAtMs: 0,
  endedAtMs: undefined,
  gaveUpAt: undefined,
  ...more,
});

it('another face that was Approved is wrong', () => {
  const journeys = [journey({ isStranger: true, told: ['In Progress', 'Approved'] })];
  expect(sortAsks(journeys, []).wrong).toEqual(['session s: another face was Approved']);
});

it('it is well again when the last refusal is over and three have come through since', () => {
  const trouble = { what: 'list', outcome: 'refused', words: '', atMs: 100, tookMs: 50 } as const;
  const ended = (endedAtMs: number) => journey({ endedAtMs });
  expect(wellAt([ended(160), ended(170)], [trouble], 90)).toBeUndefined();
  expect(wellAt([ended(140), ended(160), ended(170)], [trouble], 90)).toBeUndefined();
  expect(wellAt([ended(160), ended(170), ended(180)], [trouble], 90)).toBe(150);
  expect(wellAt([ended(160), ended(170), ended(180)], [], 90)).toBe(90);
});

let line: Awaited<ReturnType<typeof openLine>>;
const echo = createServer((_incoming, response) => response.end('x'.repeat(200_000)));
beforeAll(async () => {
  line = await openLine();
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  line.leadTo({ host: '127.0.0.1', port: (echo.address() as AddressInfo).port });
});
afterAll(async () => {
  await line.close();
  echo.closeAllConnections();
  echo.close();
});

it('a slow line that loses and becomes fast again brings every byte in its order', async () => {
  line.weather({ delayMs: 20, stallShare: 0.3, stallMs: 30 });
  const slow = ask('list', `http://127.0.0.1:${line.port}/`);
  const fast = ask('list', `http://127.0.0.1:${line.port}/`);
  setTimeout(() => line.weather({ delayMs: 0, stallShare: 0, stallMs: 0 }), 30);
  for (const { answer } of await Promise.all([slow, fast])) expect(answer?.text).toBe('x'.repeat(200_000));
});

it('a forgotten connection falls silent, and a new one is carried', async () => {
  const question = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
  const old = connect(line.port, '127.0.0.1');
  old.write(question);
  let heardBytes = 0;
  old.on('data', (bytes) => {
    heardBytes += bytes.length;
  });
  await waitFor('the whole answer', () => heardBytes > 200_000);
  const before = heardBytes;
  expect(line.forgetConnections()).toBeGreaterThan(0);
  old.write(question);
  const fresh = connect(line.port, '127.0.0.1');
  fresh.write(question);
  await once(fresh, 'data');
  expect(heardBytes).toBe(before);
  fresh.destroy();
  old.destroy();
});
