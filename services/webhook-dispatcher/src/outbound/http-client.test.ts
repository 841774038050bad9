import { createServer } from 'node:net';
import { type Receiver, startReceiver } from '@selfsame/testing/receiver';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readNetworks } from '../domain/addresses.ts';
import { createWebhookClient, type Resolve, type WebhookClient } from './http-client.ts';

const loopback = { allowedNetworks: readNetworks(['127.0.0.0/8', '::1/128']), allowHttp: true };
const publicOnly = { allowedNetworks: [], allowHttp: true };
const headers = { 'Content-Type': 'application/json' };

let receiver: Receiver;
const clients: WebhookClient[] = [];
function client(policy = loopback, options: { timeoutMs?: number; resolve?: Resolve } = {}): WebhookClient {
  const made = createWebhookClient({ policy, timeoutMs: 2_000, ...options });
  clients.push(made);
  return made;
}

beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());
beforeEach(() => {
  receiver.requests.length = 0;
  receiver.answer(() => ({ status: 200 }));
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((each) => each.close()));
});

describe('a POST to a receiver', () => {
  test('sends exactly the bytes and headers given', async () => {
    const body = '{"name":"Zoë"}';
    const result = await client().post(
      `${receiver.url}/hook?a=b`,
      { ...headers, 'X-Signature': 'abc' },
      body,
    );
    expect(result.outcome).toEqual({ kind: 'answered', status: 200, retryAfterMs: null });
    expect(result.responseTimeMs).toBeGreaterThanOrEqual(0);
    const [request] = receiver.requests;
    expect(request?.path).toBe('/hook?a=b');
    expect(request?.rawBody.toString('utf8')).toBe(body);
    expect(request?.headers['x-signature']).toBe('abc');
  });

  test('a redirect is an answer, not an instruction', async () => {
    receiver.answer(() => ({ status: 307, headers: { location: `${receiver.url}/elsewhere` } }));
    const result = await client().post(receiver.url, headers, '{}');
    expect(result.outcome).toEqual({ kind: 'answered', status: 307, retryAfterMs: null });
    expect(receiver.requests.map((request) => request.path)).toEqual(['/']);
  });

  test('a receiver that hangs costs its time limit and no more', async () => {
    receiver.answer(() => ({ status: 200, hang: true }));
    const result = await client(loopback, { timeoutMs: 200 }).post(receiver.url, headers, '{}');
    expect(result).toEqual({
      outcome: { kind: 'timeout' },
      responseTimeMs: null,
      responseBody: null,
      error: 'timeout',
    });
  });

  test('an endless answer still counts, and the next request has a fresh connection', async () => {
    receiver.answer(() => ({ status: 200, body: 'x'.repeat(5_000_000) }));
    const one = client();
    for (const status of [200, 200]) {
      expect((await one.post(receiver.url, headers, '{}')).outcome).toEqual({
        kind: 'answered',
        status,
        retryAfterMs: null,
      });
    }
  });

  test('nobody listening, and a cut connection, are connection errors', async () => {
    const rude = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve));
    const { port } = rude.address() as { port: number };
    const cut = await client().post(`http://127.0.0.1:${port}/`, headers, '{}');
    expect(cut.outcome).toEqual({ kind: 'connection_error' });
    await new Promise((resolve) => rude.close(resolve));
    const refused = await client().post(`http://127.0.0.1:${port}/`, headers, '{}');
    expect(refused).toEqual({
      outcome: { kind: 'connection_error' },
      responseTimeMs: null,
      responseBody: null,
      error: 'ECONNREFUSED',
    });
  });

  test('requests one after the other share a connection', async () => {
    const one = client();
    const ports = new Set<number>();
    const server = createServer((socket) => {
      ports.add(socket.remotePort ?? 0);
      socket.on('data', () => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    for (let index = 0; index < 5; index += 1) await one.post(`http://127.0.0.1:${port}/`, headers, '{}');
    // The second may find the first one's answer not wholly read yet.
    expect(ports.size).toBeLessThanOrEqual(2);
    await one.close();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('addresses that webhooks never go to', () => {
  const refused = {
    outcome: { kind: 'refused' },
    responseTimeMs: null,
    responseBody: null,
    error: 'address_refused',
  };
  const resolvesTo =
    (...addresses: string[]): Resolve =>
    async () =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const named = () => receiver.url.replace('127.0.0.1', 'hooks.example.com');

  test('an address in the URL', async () => {
    expect(await client(publicOnly).post(receiver.url, headers, '{}')).toEqual(refused);
    expect(receiver.requests).toHaveLength(0);
  });

  test.each([['127.0.0.1'], ['::1'], ['::ffff:127.0.0.1'], ['10.0.0.1', '192.168.0.1'], ['169.254.169.254']])(
    'a name that resolves to %s',
    async (...addresses) => {
      const one = client(publicOnly, { resolve: resolvesTo(...addresses) });
      expect(await one.post(named(), headers, '{}')).toEqual(refused);
      expect(receiver.requests).toHaveLength(0);
    },
  );

  test('a metadata service, even where everything is open', async () => {
    const everything = { allowedNetworks: readNetworks(['0.0.0.0/0', '::/0']), allowHttp: true };
    const one = client(everything, { resolve: resolvesTo('169.254.169.254') });
    expect(await one.post('http://hooks.example.com/', headers, '{}')).toEqual(refused);
  });

  test('the connection goes to the address that was checked, not to its neighbours in the answer', async () => {
    let questions = 0;
    const resolve: Resolve = async () => {
      questions += 1;
      return [
        { address: '10.0.0.1', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ];
    };
    const result = await client(loopback, { resolve }).post(named(), headers, '{}');
    expect(result.outcome).toEqual({ kind: 'answered', status: 200, retryAfterMs: null });
    expect(questions).toBe(1);
  });

  test('a name that does not resolve is a connection error, for it may do so tomorrow', async () => {
    const resolve: Resolve = async () => {
      throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    };
    const result = await client(loopback, { resolve }).post(named(), headers, '{}');
    expect(result).toEqual({
      outcome: { kind: 'connection_error' },
      responseTimeMs: null,
      responseBody: null,
      error: 'ENOTFOUND',
    });
  });

  test('plain http where it is not allowed', async () => {
    const strict = { ...loopback, allowHttp: false };
    expect(await client(strict).post(receiver.url, headers, '{}')).toEqual(refused);
  });
});
