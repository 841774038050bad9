import { createServer, type Socket } from 'node:net';
import { type Receiver, startReceiver } from '@selfsame/testing/receiver';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readNetworks } from '../domain/addresses.ts';
import { createWebhookClient, type WebhookClient } from './http-client.ts';

const policy = { allowedNetworks: readNetworks(['127.0.0.0/8', '::1/128']), allowHttp: true };
const headers = { 'Content-Type': 'application/json' };
const delivered = { kind: 'answered', status: 200, retryAfterMs: null };

let receiver: Receiver;
const closings: (() => Promise<unknown>)[] = [];

function client(options: Partial<Parameters<typeof createWebhookClient>[0]> = {}): WebhookClient {
  const made = createWebhookClient({ policy, timeoutMs: 2_000, ...options });
  closings.unshift(() => made.close());
  return made;
}

/** A server that speaks bytes, not HTTP: `serve` gets each request of each connection, counted from 1. */
async function rawServer(serve: (socket: Socket, request: number, connection: number) => void) {
  const sockets = new Set<Socket>();
  let connections = 0;
  let requests = 0;
  const server = createServer((socket) => {
    connections += 1;
    const connection = connections;
    let served = 0;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', () => {
      requests += 1;
      served += 1;
      serve(socket, served, connection);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  };
  closings.push(close);
  return {
    url: `http://127.0.0.1:${port}/`,
    close,
    sockets,
    connections: () => connections,
    requests: () => requests,
  };
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(async () => {
  for (const close of closings) await close();
  await receiver.close();
});
beforeEach(() => {
  receiver.requests.length = 0;
  receiver.answer(() => ({ status: 200 }));
});

describe('a POST', () => {
  test('sends exactly the bytes and headers given', async () => {
    const body = '{"name":"Zoë"}';
    const result = await client().post(`${receiver.url}/hook?a=b#c`, { ...headers, 'X-Sig': 'abc' }, body);
    expect(result.outcome).toEqual(delivered);
    expect(result.responseTimeMs).toBeGreaterThanOrEqual(0);
    const [request] = receiver.requests;
    expect(request?.path).toBe('/hook?a=b');
    expect(request?.rawBody.toString('utf8')).toBe(body);
    expect(request?.headers).toEqual({
      host: new URL(receiver.url).host,
      connection: 'keep-alive',
      'content-type': 'application/json',
      'content-length': '15',
      'x-sig': 'abc',
    });
  });

  test('knows no cookies', async () => {
    receiver.answer(() => ({ status: 200, headers: { 'set-cookie': 'a=b' } }));
    const one = client();
    await one.post(receiver.url, headers, '{}');
    await one.post(receiver.url, headers, '{}');
    expect(receiver.requests[1]?.headers.cookie).toBeUndefined();
  });

  test('nobody listening, and a cut connection, are connection errors', async () => {
    const rude = await rawServer((socket) => socket.destroy());
    const cut = await client().post(rude.url, headers, '{}');
    expect(cut).toMatchObject({ outcome: { kind: 'connection_error' }, responseBody: null });
    expect(['connection_closed', 'ECONNRESET']).toContain(cut.error);
    expect(rude.requests()).toBe(1);
    await rude.close();
    expect(await client().post(rude.url, headers, '{}')).toEqual({
      outcome: { kind: 'connection_error' },
      responseTimeMs: null,
      responseBody: null,
      error: 'ECONNREFUSED',
    });
  });

  test('headers that cannot be sent are an error of this attempt alone', async () => {
    const one = client();
    const broken = await one.post(receiver.url, { 'X-A': 'a\r\nX-B: b' }, '{}');
    expect(broken).toMatchObject({ outcome: { kind: 'connection_error' }, error: 'invalid_request' });
    expect((await one.post(receiver.url, headers, '{}')).outcome).toEqual(delivered);
    expect(receiver.requests).toHaveLength(1);
  });

  test('after closing there is none, and what was under way has an end', async () => {
    receiver.answer(() => ({ status: 200, hang: true }));
    const one = client({ timeoutMs: 20_000, maxConnectionsPerOrigin: 1 });
    const underWay = [one.post(receiver.url, headers, '{}'), one.post(receiver.url, headers, '{}')];
    await waitFor('the request', () => receiver.requests.length === 1);
    await one.close();
    for (const result of await Promise.all([...underWay, one.post(receiver.url, headers, '{}')])) {
      expect(result).toMatchObject({ outcome: { kind: 'connection_error' }, error: 'client_closed' });
    }
  });
});

describe('Retry-After', () => {
  const asked = async (value: string, status = 503) => {
    receiver.answer(() => ({ status, headers: { 'retry-after': value } }));
    const { outcome } = await client().post(receiver.url, headers, '{}');
    return outcome.kind === 'answered' ? outcome.retryAfterMs : undefined;
  };

  test.each([
    ['0', 0],
    ['120', 120_000],
    [' 120 ', 120_000],
    ['86400000', 86_400_000_000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 0],
    ['Sun Nov  6 08:49:37 1994', 0],
  ])('%j asks for %i ms', async (value, expected) => expect(await asked(value)).toBe(expected));

  test.each([
    ...['', 'soon', '-1', '1.5', '1e3', '0x10', '5 minutes', '120, 130', '1994-11-06', '9'.repeat(400)],
    ...['Sun, 99 Nov 1994 08:49:37 GMT', 'Sunday', '06 Nov 1994 08:49:37 GMT'],
  ])('%j is nonsense and asks for nothing', async (value) => expect(await asked(value)).toBeNull());

  test('a date asks for the time until then', async () => {
    const inAnHour = new Date(Date.now() + 3_600_000);
    const askedMs = (await asked(inAnHour.toUTCString(), 429)) ?? 0;
    expect(askedMs).toBeGreaterThan(3_500_000);
    expect(askedMs).toBeLessThanOrEqual(3_600_000);
  });
});

describe('connections', () => {
  test('serve one request after the other', async () => {
    const server = await rawServer((socket) => socket.write(ok));
    const one = client();
    for (let index = 0; index < 5; index += 1) await one.post(server.url, headers, '{}');
    expect([server.connections(), server.requests()]).toEqual([1, 5]);
  });

  test('are as many as posts at once, bounded for each origin; the others wait', async () => {
    const server = await rawServer((socket) => setTimeout(() => socket.write(ok), 20));
    const one = client({ maxConnectionsPerOrigin: 3 });
    const results = await Promise.all(Array.from({ length: 12 }, () => one.post(server.url, headers, '{}')));
    expect(results.map(({ outcome }) => outcome)).toEqual(Array(12).fill(delivered));
    expect([server.connections(), server.requests()]).toEqual([3, 12]);
  });

  test('to a receiver that closes every time are renewed', async () => {
    const server = await rawServer((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
    );
    const one = client({ maxConnectionsPerOrigin: 2 });
    const results = await Promise.all(Array.from({ length: 10 }, () => one.post(server.url, headers, '{}')));
    expect(results.map(({ outcome }) => outcome)).toEqual(Array(10).fill(delivered));
    expect([server.connections(), server.requests()]).toEqual([10, 10]);
  });
});

// They wait for seconds, and for nothing of each other.
describe.concurrent('connections', () => {
  test('are closed before a common server closes them', async () => {
    const server = await rawServer((socket) => socket.write(ok));
    await client().post(server.url, headers, '{}');
    await waitFor('the idle connection to be closed', () => server.sockets.size === 0, { timeoutMs: 4_900 });
  });

  test('are closed earlier where the receiver says so, and not kept longer', async () => {
    const hint = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: timeout=';
    const short = await rawServer((socket) => socket.write(`${hint}1\r\n\r\n`));
    const long = await rawServer((socket) => socket.write(`${hint}600\r\n\r\n`));
    const one = client();
    await Promise.all([one.post(short.url, headers, '{}'), one.post(long.url, headers, '{}')]);
    await waitFor('the connection of the hasty one to be closed', () => short.sockets.size === 0);
    expect(long.sockets.size).toBe(1);
    await waitFor('the other to be closed', () => long.sockets.size === 0, { timeoutMs: 4_900 });
  });

  test('are bounded in all: idle ones make room, busy ones do not', async () => {
    const quick = await Promise.all(Array.from({ length: 5 }, () => rawServer((socket) => socket.write(ok))));
    const hanging = await rawServer(() => {});
    const one = client({ maxConnections: 3, timeoutMs: 1_000 });
    for (const { url } of quick) expect((await one.post(url, headers, '{}')).outcome).toEqual(delivered);
    await waitFor('room', () => quick.flatMap(({ sockets }) => [...sockets]).length <= 3);
    const busy = [1, 2, 3].map(() => one.post(hanging.url, headers, '{}'));
    await waitFor('three that hang', () => hanging.requests() === 3);
    expect(quick.flatMap(({ sockets }) => [...sockets])).toHaveLength(0);
    const [first] = quick;
    const crowded = await one.post(first?.url ?? '', headers, '{}');
    expect(crowded).toMatchObject({ outcome: { kind: 'connection_error' }, error: 'too_many_connections' });
    for (const { outcome } of await Promise.all(busy)) expect(outcome).toEqual({ kind: 'timeout' });
    expect((await one.post(first?.url ?? '', headers, '{}')).outcome).toEqual(delivered);
  });

  test('of a receiver that hangs are none of the others', async () => {
    const hanging = await rawServer(() => {});
    const one = client({ maxConnectionsPerOrigin: 4, timeoutMs: 3_000 });
    let ended = 0;
    const lost = Array.from({ length: 20 }, () =>
      one.post(hanging.url, headers, '{}').then(({ outcome }) => {
        ended += 1;
        return outcome;
      }),
    );
    for (let index = 0; index < 50; index += 1) {
      expect((await one.post(receiver.url, headers, '{}')).outcome).toEqual(delivered);
    }
    expect([ended, hanging.connections()]).toEqual([0, 4]);
    expect(await Promise.all(lost)).toEqual(Array(20).fill({ kind: 'timeout' }));
    await waitFor('the connections to be closed', () => hanging.sockets.size === 0);
  });
});

describe('a kept connection that goes away as we write to it', () => {
  test('costs no attempt: a new one repeats the request at once', async () => {
    const server = await rawServer((socket, request, connection) => {
      if (connection === 1 && request === 2) socket.destroy();
      else socket.write(ok);
    });
    const one = client();
    await one.post(server.url, headers, '{}');
    expect((await one.post(server.url, headers, '{}')).outcome).toEqual(delivered);
    expect([server.connections(), server.requests()]).toEqual([2, 3]);
  });

  test('is reset rather than closed, likewise', async () => {
    const server = await rawServer((socket, request, connection) => {
      if (connection === 1 && request === 2) socket.resetAndDestroy();
      else socket.write(ok);
    });
    const one = client();
    await one.post(server.url, headers, '{}');
    expect((await one.post(server.url, headers, '{}')).outcome).toEqual(delivered);
    expect([server.connections(), server.requests()]).toEqual([2, 3]);
  });

  test('is repeated once and on a new connection only', async () => {
    const server = await rawServer((socket, request, connection) => {
      if (connection === 1 && request === 1) socket.write(ok);
      else socket.destroy();
    });
    const one = client();
    await one.post(server.url, headers, '{}');
    const { outcome } = await one.post(server.url, headers, '{}');
    expect(outcome).toEqual({ kind: 'connection_error' });
    expect([server.connections(), server.requests()]).toEqual([2, 3]);
  });

  test('is not repeated once the receiver has begun to answer', async () => {
    const server = await rawServer((socket, request) => {
      if (request === 2) socket.end('HTTP/1.1 2');
      else socket.write(ok);
    });
    const one = client();
    await one.post(server.url, headers, '{}');
    const { outcome } = await one.post(server.url, headers, '{}');
    expect(outcome).toEqual({ kind: 'connection_error' });
    expect([server.connections(), server.requests()]).toEqual([1, 2]);
  });

  test('is not repeated when it hangs instead', async () => {
    const server = await rawServer((socket, request) => {
      if (request === 1) socket.write(ok);
    });
    const one = client({ timeoutMs: 300 });
    await one.post(server.url, headers, '{}');
    expect((await one.post(server.url, headers, '{}')).outcome).toEqual({ kind: 'timeout' });
    expect([server.connections(), server.requests()]).toEqual([1, 2]);
  });
});
