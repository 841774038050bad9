import { randomUUID } from 'node:crypto';
import { type ClientRequest, request as rawRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { createHttpServer, type HttpServer } from '@selfsame/http/server';
import { createLog } from '@selfsame/runtime/log';
import { exposeMetrics } from '@selfsame/runtime/metrics';
import { sumOf } from '@selfsame/testing/series';
import { waitFor } from '@selfsame/testing/wait';
import type { FastifyRequest } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesAnnounced } from '../src/inbound/bodies.ts';
import { arrivesWithin } from '../src/inbound/pace.ts';
import { answerRefusal } from '../src/inbound/refusals.ts';
import { createSlots } from '../src/inbound/slots.ts';

let server: HttpServer;
let inside: number;
let mayEnd: PromiseWithResolvers<void>;
const senders: ClientRequest[] = [];

beforeEach(() => {
  inside = 0;
  mayEnd = Promise.withResolvers();
});
afterEach(async () => {
  mayEnd.resolve();
  for (const sender of senders.splice(0)) sender.destroy();
  await server.close();
});

/** A server of four slots whose work takes as long as the test wants. */
async function serve(arrivalTimeoutMs = 30_000, maxBytes = Number.POSITIVE_INFINITY): Promise<void> {
  const health = { started: () => true, live: () => true, ready: () => true };
  server = createHttpServer({ service: 'slots', log: createLog('slots', 'silent'), health });
  const slots = createSlots(4, { maxBytes, bytesOf: bytesAnnounced });
  const hooks = { onRequest: slots.enter, preParsing: arrivesWithin(arrivalTimeoutMs) };
  server.register(async (api: HttpServer) => {
    api.setErrorHandler(answerRefusal);
    const work = (request: FastifyRequest) =>
      slots.during(request, async () => {
        inside += 1;
        await mayEnd.promise;
        inside -= 1;
        return {};
      });
    api.post('/:token', hooks, work);
    api.patch('/:token', hooks, work);
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
}

/** Sends a body, or only announces one; `status` is 0 when the connection ended without an answer. */
function send(
  options: { token?: string; client?: string; body?: string | null; method?: string; length?: string } = {},
) {
  const { token = randomUUID(), client = '203.0.113.1', body = '{}', method = 'POST', length } = options;
  const sender = rawRequest({
    port: (server.server.address() as AddressInfo).port,
    path: `/${token}`,
    method,
    agent: false,
    headers: {
      'x-forwarded-for': client,
      'content-type': 'application/json',
      'content-length': 2,
      ...(length === undefined ? {} : { 'upload-length': length }),
    },
  });
  senders.push(sender);
  const status = new Promise<number>((resolve) => {
    sender.on('response', (response) => resolve(response.resume().statusCode ?? 0));
    sender.on('error', () => resolve(0));
  });
  if (body === null) sender.flushHeaders();
  else sender.end(body);
  return { sender, status };
}

const refusals = async () =>
  sumOf((await exposeMetrics()).text, 'selfsame_http_refused_total', { reason: 'overload' });

const untilInside = (wanted: number) => waitFor(`${wanted} inside`, () => inside === wanted);

describe('a slot', () => {
  it('is not to be had for a client that holds half of them, nor for a session that holds two', async () => {
    await serve();
    const before = await refusals();
    for (let turn = 0; turn < 2; turn++) send({ token: 'same', client: `203.0.113.${turn}` });
    await untilInside(2);
    expect(await send({ token: 'same', client: '203.0.113.9' }).status).toBe(429);
    send({ client: '203.0.113.1' });
    await untilInside(3);
    expect(await send({ client: '203.0.113.1' }).status).toBe(429);
    const other = send({ client: '203.0.113.7' });
    await untilInside(4);
    expect(await send({ client: '203.0.113.8' }).status).toBe(429);
    expect(await refusals()).toBe(before + 3);
    mayEnd.resolve();
    expect(await other.status).toBe(200);
    expect(await send().status).toBe(200);
  });

  it('is not to be had for more bytes than there may be, of all clients or of one', async () => {
    // Every body announces two bytes.
    await serve(30_000, 5);
    send({ client: '203.0.113.1' });
    await untilInside(1);
    expect(await send({ client: '203.0.113.1' }).status).toBe(429);
    const other = send({ client: '203.0.113.2' });
    await untilInside(2);
    expect(await send({ client: '203.0.113.3' }).status).toBe(429);
    mayEnd.resolve();
    expect(await other.status).toBe(200);
    expect(await send({ client: '203.0.113.3' }).status).toBe(200);
  });

  it.each([
    ['POST', '0'],
    ['POST', '-1000000000'],
    ['PATCH', '0'],
    ['PATCH', '1'],
    ['PATCH', '3'],
    ['PATCH', '-1000000000'],
    ['PATCH', '1e-9'],
    ['PATCH', '9999999999'],
  ])('is not to be had by a %s that says its upload is %s bytes long', async (method, length) => {
    // Two bodies of two bytes would be too many of one client; a third client has room for none.
    await serve(30_000, 6);
    send({ client: '203.0.113.1' });
    await untilInside(1);
    expect(await send({ client: '203.0.113.1', method, length }).status).toBe(429);
    send({ client: '203.0.113.2', method: 'POST', length });
    await untilInside(2);
    send({ client: '203.0.113.3' });
    await untilInside(3);
    expect(await send({ client: '203.0.113.4', method, length }).status).toBe(429);
  });

  it('of a client that has gone is held until the work on its picture is done', async () => {
    await serve();
    for (let turn = 0; turn < 4; turn++) {
      const { sender } = send({ client: `203.0.113.${turn}` });
      await untilInside(turn + 1);
      sender.destroy();
    }
    const connections = promisify(server.server.getConnections.bind(server.server));
    await waitFor('the server to miss them', async () => (await connections()) === 0);
    expect(await send({ client: '203.0.113.9' }).status).toBe(429);
    mayEnd.resolve();
    await waitFor('a free slot', async () => (await send({ client: '203.0.113.9' }).status) === 200);
  });

  it('of a client that goes before its picture has arrived is free again', async () => {
    await serve();
    mayEnd.resolve();
    const idle = [send({ body: null }), send({ body: null })];
    await waitFor('both to hold one', async () => (await send().status) === 429);
    for (const { sender } of idle) sender.destroy();
    await waitFor('a free slot', async () => (await send().status) === 200);
  });
});

describe('a picture', () => {
  it('that arrives too slowly is answered 408, and its slot is free again', async () => {
    await serve(100);
    mayEnd.resolve();
    const slow = [send({ body: null }), send({ body: null })];
    for (const { status } of slow) expect(await status).toBe(408);
    await waitFor('a free slot', async () => (await send().status) === 200);
  });

  it('that has arrived may take its time to be judged', async () => {
    await serve(100);
    const { status } = send();
    await untilInside(1);
    // The deadline of a later picture passes while this one is still looked at.
    expect(await send({ body: null, client: '203.0.113.2' }).status).toBe(408);
    mayEnd.resolve();
    expect(await status).toBe(200);
  });
});
