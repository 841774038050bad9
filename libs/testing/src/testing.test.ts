import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { facePath } from './assets.ts';
import { testNats } from './nats.ts';
import { testDatabaseUrl } from './postgres.ts';
import { startReceiver } from './receiver.ts';
import { sharedDirectory } from './shared-directory.ts';
import { startSpanCollector } from './spans.ts';
import { waitFor } from './wait.ts';

test('every suite has a database of its own, which can fail, return and be dropped', async () => {
  const [one, other] = await Promise.all([testDatabaseUrl(), testDatabaseUrl()]);
  expect(one.url).not.toBe(other.url);
  const client = new pg.Client({ connectionString: one.url });
  client.on('error', () => {}); // dropping the database ends the connection
  await client.connect();
  await client.query('CREATE TABLE here (id int)');
  await one.suspend();
  const refused = new pg.Client({ connectionString: one.url });
  await expect(refused.connect()).rejects.toThrow('not currently accepting connections');
  await one.resume();
  const again = new pg.Client({ connectionString: one.url });
  await again.connect();
  await again.end();
  await Promise.all([one.drop(), other.drop()]);
  await expect(new pg.Client({ connectionString: one.url }).connect()).rejects.toThrow('does not exist');
});

test('a NATS server can crash, return on its port, and hang', async () => {
  const nats = await testNats();
  try {
    await nats.kill();
    await expect(greeting(nats.url)).resolves.toBe('');
    await nats.restart({ wipeStore: true });
    await expect(greeting(nats.url)).resolves.toContain('"jetstream":true');
    await nats.pause();
    await expect(greeting(nats.url)).resolves.toBe('');
    nats.resume();
    await expect(greeting(nats.url)).resolves.toContain('INFO');
  } finally {
    await nats.stop();
  }
});

test('the receiver keeps exact bytes and answers as told', async () => {
  const receiver = await startReceiver();
  try {
    const bytes = Buffer.from([0x7b, 0x20, 0xff, 0x00, 0x7d]);
    receiver.answer((request) => ({ status: request.path === '/no' ? 503 : 201, body: 'seen' }));
    const answer = await fetch(`${receiver.url}/hook?a=1`, {
      method: 'POST',
      body: bytes,
      headers: { 'X-Signature': 's' },
    });
    expect([answer.status, await answer.text()]).toEqual([201, 'seen']);
    expect((await fetch(`${receiver.url}/no`)).status).toBe(503);
    const first = receiver.requests[0];
    expect(first?.rawBody.equals(bytes)).toBe(true);
    expect(first).toMatchObject({ method: 'POST', path: '/hook?a=1', headers: { 'x-signature': 's' } });
    receiver.answer(() => ({ status: 200, hang: true }));
    await expect(fetch(receiver.url, { signal: AbortSignal.timeout(100) })).rejects.toThrow('timeout');
  } finally {
    await receiver.close();
  }
});

test('the collector reads spans of an OTLP export', async () => {
  const collector = await startSpanCollector();
  try {
    const span = {
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      name: 'work',
      kind: 4,
      startTimeUnixNano: '1000000000',
      endTimeUnixNano: '1002500000',
      attributes: [{ key: 'count', value: { intValue: 3 } }],
    };
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'here' } }] };
    await fetch(`${collector.endpoint}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
    });
    expect(collector.spans()).toMatchObject([
      { service: 'here', name: 'work', kind: 4, durationMs: 2.5, attributes: { count: 3 }, status: 0 },
    ]);
  } finally {
    await collector.close();
  }
});

test('waiting in vain says for what, and why', async () => {
  await expect(waitFor('the moon', () => false, { timeoutMs: 5, intervalMs: 1 })).rejects.toThrow('the moon');
  const cause = new Error('no such table');
  const refused = waitFor('rows', () => Promise.reject(cause), { timeoutMs: 5, intervalMs: 1 });
  await expect(refused).rejects.toMatchObject({ cause });
});

test('a missing sample face is named', () => {
  expect(() => facePath('img/nobody.jpg')).toThrow('img/nobody.jpg');
});

/** What the server says first, or '' when it says nothing within a moment. */
function greeting(url: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let said = '';
    socket.setTimeout(300, () => socket.destroy());
    socket.on('data', (data) => {
      said += data.toString();
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(said));
  });
}

test('what suites share is made once, by the first that asks, and its failure is everybody’s', async () => {
  let made = 0;
  const fill = async (directory: string) => {
    made += 1;
    await writeFile(join(directory, 'page'), 'made');
  };
  const [one, other] = await Promise.all([
    sharedDirectory('of-this', fill),
    sharedDirectory('of-this', fill),
  ]);
  expect(made).toBe(1);
  expect(other).toBe(one);
  expect(await readFile(join(one, 'page'), 'utf8')).toBe('made');
  const fail = () => Promise.reject(new Error('no room'));
  await expect(sharedDirectory('of-that', fail)).rejects.toThrow('no room');
  await expect(sharedDirectory('of-that', fill)).rejects.toThrow('no room');
  expect(made).toBe(1);
});
