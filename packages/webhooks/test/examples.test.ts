import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { WebhookEvent } from '@selfsame/webhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from '../examples/fastify.ts';
import { createHandler } from '../examples/fetch.ts';
import { contractHeaders, event, secret, standardHeaders } from './sent.ts';

const handled: WebhookEvent[] = [];
const handle = async (received: WebhookEvent) => {
  handled.push(received);
};

/** Posts to one of the examples. */
type Post = (headers: Record<string, string>, text: string) => Promise<number>;
let express: Server;
/** Plain JavaScript: its types are those of Express, which this repository does without. */
const expressExample: string = join(import.meta.dirname, '../examples/express.mjs');
const frameworks: Record<string, Post> = {
  async fastify(headers, payload) {
    const server = createServer(secret, handle);
    const response = await server.inject({ method: 'POST', url: '/webhooks', headers, payload });
    await server.close();
    return response.statusCode;
  },
  async express(headers, text) {
    const { port } = express.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/webhooks`;
    return (await fetch(url, { method: 'POST', headers, body: text })).status;
  },
  async fetch(headers, text) {
    const request = new Request('https://shop.example/webhooks', { method: 'POST', headers, body: text });
    return (await createHandler(secret, handle)(request)).status;
  },
};

beforeAll(async () => {
  const { createApp } = await import(expressExample);
  // Express writes errors that nobody handles to standard error unless it is told that this is a test.
  express = createApp(secret, handle).set('env', 'test').listen(0, '127.0.0.1');
  await new Promise((resolve) => express.once('listening', resolve));
});
afterAll(() => express.close());

describe.each(Object.keys(frameworks))('the receiver for %s', (name) => {
  const post = frameworks[name] as Post;
  const json = { 'content-type': 'application/json' };
  const signedNow = () => {
    const timestamp = Math.floor(Date.now() / 1000);
    const text = JSON.stringify({ ...event, timestamp });
    return { text, timestamp };
  };

  test('takes a genuine webhook and answers 204', async () => {
    const { text, timestamp } = signedNow();
    handled.length = 0;
    expect(await post({ ...json, ...standardHeaders(text, [secret], timestamp) }, text)).toBe(204);
    expect(await post({ ...json, ...contractHeaders(text, secret, timestamp) }, text)).toBe(204);
    expect(handled).toEqual([JSON.parse(text), JSON.parse(text)]);
  });

  test('answers 401 to what is not signed, or not lately', async () => {
    const { text, timestamp } = signedNow();
    handled.length = 0;
    expect(await post({ ...json, ...standardHeaders(text, ['another'], timestamp) }, text)).toBe(401);
    expect(await post({ ...json, ...standardHeaders() }, JSON.stringify(event))).toBe(401);
    expect(await post(json, text)).toBe(401);
    expect(handled).toEqual([]);
  });
});

test('the README shows these examples as they are', () => {
  const folder = join(import.meta.dirname, '..');
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  for (const file of ['fastify.ts', 'express.mjs', 'fetch.ts']) {
    expect(readme).toContain(readFileSync(join(folder, 'examples', file), 'utf8'));
  }
});
