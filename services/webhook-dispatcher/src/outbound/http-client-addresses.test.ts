import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, isIP, type Server, type Socket } from 'node:net';
import { waitFor } from '@selfsame/testing/wait';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { forbiddenHost, garbage, urlAround } from '../../test/endpoint-spellings.ts';
import { type AddressPolicy, isPermittedAddress, readNetworks } from '../domain/addresses.ts';
import { createWebhookClient, type WebhookClient } from './http-client.ts';
import type { Resolve } from './resolver.ts';

const publicOnly: AddressPolicy = { allowedNetworks: [], allowHttp: true };
const loopback: AddressPolicy = {
  allowedNetworks: readNetworks(['127.0.0.0/8', '::1/128']),
  allowHttp: true,
};
const headers = { 'Content-Type': 'application/json' };
const refused = {
  outcome: { kind: 'refused' },
  responseTimeMs: null,
  responseBody: null,
  error: 'address_refused',
};
const delivered = { kind: 'answered', status: 200, retryAfterMs: null };

/** Answers 200 on every address of this machine, and counts connections and requests. */
let receiver: Server;
let port = 0;
let connections = 0;
let paths: string[] = [];
let answer: { status: number; headers?: Record<string, string> } = { status: 200 };
const clients: WebhookClient[] = [];
/** Every address that any socket of this process has tried. */
let dialled: string[] = [];

function client(policy: AddressPolicy, resolve?: Resolve): WebhookClient {
  const made = createWebhookClient({ policy, timeoutMs: 2_000, ...(resolve ? { resolve } : {}) });
  clients.push(made);
  return made;
}

/** Answers with the next list at every question, the last one for ever. */
function answersInTurn(...turns: string[][]): Resolve & { questions: number } {
  const resolve = async () => {
    const addresses = turns[Math.min(resolve.questions, turns.length - 1)] ?? [];
    resolve.questions += 1;
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  resolve.questions = 0;
  return resolve;
}

const recordDials = (message: unknown) => {
  const { socket } = message as { socket: Socket };
  socket.on('connectionAttempt', (address: string) => dialled.push(address));
};

async function listen(server: Server, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  receiver = createHttpServer((request, response) => {
    paths.push(request.url ?? '');
    request.resume().on('end', () => response.writeHead(answer.status, answer.headers).end());
  });
  receiver.on('connection', () => {
    connections += 1;
  });
  port = await listen(receiver, '::').catch(() => listen(receiver, '0.0.0.0'));
  subscribe('net.client.socket', recordDials);
});
afterAll(async () => {
  unsubscribe('net.client.socket', recordDials);
  await new Promise((resolve) => receiver.close(resolve));
});
beforeEach(() => {
  connections = 0;
  paths = [];
  dialled = [];
  answer = { status: 200 };
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((each) => each.close()));
});

describe('10,000 fuzzed URLs', () => {
  const seed = 20_260_102;
  const fuzzed = () =>
    fc.sample(
      fc.oneof(
        {
          weight: 3,
          arbitrary: urlAround(
            forbiddenHost.map(({ host }) => host),
            port,
          ),
        },
        {
          weight: 1,
          arbitrary: urlAround(fc.constantFrom('hooks.example.com', 'rebind.example.com.'), port),
        },
        { weight: 1, arbitrary: garbage(port) },
      ),
      { seed, numRuns: 10_000 },
    );
  /** Resolves every name to this machine, in ways that change from one question to the next. */
  const hostile = () => {
    const answers = [
      ['127.0.0.1'],
      ['::1'],
      ['::ffff:127.0.0.1'],
      ['10.0.0.1', '127.0.0.1'],
      ['0.0.0.0', '::'],
    ];
    return answersInTurn(...Array.from({ length: 2_000 }, () => answers).flat());
  };
  /** A public address in garbage would be dialled, and there is no reason to bother its owner. */
  const isPublicLiteral = (text: string) => {
    const host = URL.parse(text)?.hostname.replace(/^\[|\]$/g, '') ?? '';
    return isIP(host) !== 0 && ipaddr.process(host).range() === 'unicast';
  };

  test('while loopback is forbidden, none of them reaches this machine or any other', async () => {
    const resolve = hostile();
    const one = client(publicOnly, resolve);
    const outcomes = new Map<string, number>();
    for (const url of fuzzed()) {
      if (isPublicLiteral(url)) continue;
      const { outcome } = await one.post(url, headers, '{}');
      outcomes.set(outcome.kind, (outcomes.get(outcome.kind) ?? 0) + 1);
    }
    expect(connections).toBe(0);
    expect(dialled).toEqual([]);
    expect([...outcomes.keys()].sort()).toEqual(['malformed', 'refused']);
    expect(resolve.questions).toBeGreaterThan(1_000); // names came as far as their addresses
  });

  test('while it is open, they reach this machine and nothing else', async () => {
    const one = client(loopback, hostile());
    let answered = 0;
    for (const url of fuzzed()) {
      if (isPublicLiteral(url)) continue;
      const { outcome } = await one.post(url, headers, '{}');
      if (outcome.kind === 'answered') answered += 1;
    }
    expect(answered).toBeGreaterThan(500);
    expect(connections).toBeGreaterThan(0);
    expect(paths.length).toBe(answered);
    const strangers = dialled.filter((address) => !isPermittedAddress(address, loopback.allowedNetworks));
    expect(strangers).toEqual([]);
    expect(new Set(dialled).size).toBeGreaterThan(0);
  });
});

describe('an address that webhooks never go to', () => {
  test('in the URL', async () => {
    for (const host of ['127.0.0.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]', '0', 'localhost']) {
      expect(await client(publicOnly).post(`http://${host}:${port}/`, headers, '{}')).toEqual(refused);
    }
    expect(connections).toBe(0);
  });

  test.each([
    [['127.0.0.1']],
    [['::1']],
    [['::ffff:127.0.0.1']],
    [['0.0.0.0']],
    [['::']],
    [['10.0.0.1', '192.168.0.1']],
    [['169.254.169.254']],
    [['fd00:ec2::254', '64:ff9b::7f00:1', '2002:7f00:1::']],
    [[]],
  ])('as the answer %j of a resolver', async (addresses) => {
    const result = await client(publicOnly, answersInTurn(addresses)).post(
      `http://hooks.example.com:${port}/`,
      headers,
      '{}',
    );
    expect(result).toEqual(refused);
    expect(connections).toBe(0);
    expect(dialled).toEqual([]);
  });

  test('localhost, though nobody is asked about it', async () => {
    const one = client({ allowedNetworks: readNetworks(['10.0.0.0/8']), allowHttp: true });
    expect(await one.post(`http://localhost:${port}/`, headers, '{}')).toEqual(refused);
    expect(await one.post(`http://a.localhost:${port}/`, headers, '{}')).toEqual(refused);
    expect(connections).toBe(0);
  });

  test('a metadata service, even where everything is open', async () => {
    const everything = { allowedNetworks: readNetworks(['0.0.0.0/0', '::/0']), allowHttp: true };
    const one = client(everything, answersInTurn(['169.254.169.254', 'fd00:ec2::254', '64:ff9b::a9fe:a9fe']));
    expect(await one.post('http://hooks.example.com/', headers, '{}')).toEqual(refused);
    expect(await one.post('http://[::ffff:a9fe:a9fe]/', headers, '{}')).toEqual(refused);
    expect(dialled).toEqual([]);
  });

  test('plain http where it is not allowed', async () => {
    const strict = { ...loopback, allowHttp: false };
    expect(await client(strict).post(`http://127.0.0.1:${port}/`, headers, '{}')).toEqual(refused);
    expect(connections).toBe(0);
  });

  test('what is no URL is told apart', async () => {
    const malformed = { ...refused, outcome: { kind: 'malformed' }, error: 'malformed_url' };
    for (const url of ['', 'hooks.example.com', 'ftp://127.0.0.1/', 'http://a..b/', 'http://127.0.0.256/']) {
      expect(await client(loopback).post(url, headers, '{}')).toEqual(malformed);
    }
  });
});

describe('a resolver that changes its mind', () => {
  const url = () => `http://hooks.example.com:${port}/hook`;

  test('is asked once for a connection, and the answer that was checked is the one that is dialled', async () => {
    const resolve = answersInTurn(['127.0.0.1'], ['10.0.0.1']);
    expect((await client(loopback, resolve).post(url(), headers, '{}')).outcome).toEqual(delivered);
    expect(resolve.questions).toBe(1);
    expect(dialled).toEqual(['127.0.0.1']);
  });

  test('from a permitted address to a forbidden one: the next connection is refused', async () => {
    const resolve = answersInTurn(['127.0.0.1'], ['10.0.0.1']);
    answer = { status: 200, headers: { connection: 'close' } };
    const one = client(loopback, resolve);
    expect((await one.post(url(), headers, '{}')).outcome).toEqual(delivered);
    expect(await one.post(url(), headers, '{}')).toEqual(refused);
    expect(resolve.questions).toBe(2);
    expect([connections, dialled]).toEqual([1, ['127.0.0.1']]);
  });

  test('between two attempts on a connection that is kept: it still goes where it was checked to go', async () => {
    const resolve = answersInTurn(['127.0.0.1'], ['10.0.0.1']);
    const one = client(loopback, resolve);
    expect((await one.post(url(), headers, '{}')).outcome).toEqual(delivered);
    expect((await one.post(url(), headers, '{}')).outcome).toEqual(delivered);
    expect(resolve.questions).toBe(1);
    expect([connections, dialled]).toEqual([1, ['127.0.0.1']]);
  });

  test('between two attempts on a connection that has gone: the new one is checked anew', async () => {
    const resolve = answersInTurn(['127.0.0.1'], ['10.0.0.1']);
    const one = client(loopback, resolve);
    const accepted: Socket[] = [];
    const collect = (socket: Socket) => accepted.push(socket);
    receiver.on('connection', collect);
    expect((await one.post(url(), headers, '{}')).outcome).toEqual(delivered);
    receiver.off('connection', collect);
    for (const socket of accepted) socket.destroy();
    // Whether the client sees the end of the connection before or after it writes, no other address is reached.
    expect(await one.post(url(), headers, '{}')).toEqual(refused);
    expect([connections, dialled]).toEqual([1, ['127.0.0.1']]);
  });

  test('of several addresses only the permitted ones are tried, one after the other', async () => {
    const dead = createServer();
    const deadPort = await listen(dead, '127.0.0.1');
    await new Promise((resolve) => dead.close(resolve));
    const mixed = answersInTurn(['10.0.0.1', '127.0.0.2', 'fd00::1', '127.0.0.3', '169.254.169.254']);
    const result = await client(loopback, mixed).post(`http://hooks.example.com:${deadPort}/`, headers, '{}');
    expect(result.error).toBe('ECONNREFUSED');
    expect(dialled).toEqual(['127.0.0.2', '127.0.0.3']);
  });

  test('a long answer is tried in part', async () => {
    const many = answersInTurn(Array.from({ length: 200 }, (_, index) => `127.0.1.${index}`));
    const dead = createServer();
    const deadPort = await listen(dead, '127.0.0.1');
    await new Promise((resolve) => dead.close(resolve));
    await client(loopback, many).post(`http://hooks.example.com:${deadPort}/`, headers, '{}');
    expect(dialled).toHaveLength(6);
  });

  test('a name that does not resolve is a connection error, for it may do so tomorrow', async () => {
    const resolve: Resolve = async () => {
      throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    };
    const result = await client(loopback, resolve).post(url(), headers, '{}');
    expect(result).toEqual({ ...refused, outcome: { kind: 'connection_error' }, error: 'ENOTFOUND' });
  });
});

describe('redirects', () => {
  test.each([300, 301, 302, 303, 304, 305, 307, 308])(
    '%i is an answer, not an instruction',
    async (status) => {
      let inside = 0;
      const privateServer = createServer(() => {
        inside += 1;
      });
      const privatePort = await listen(privateServer, '127.0.0.1');
      answer = { status, headers: { location: `http://127.0.0.1:${privatePort}/latest/meta-data/` } };
      const result = await client(loopback).post(`http://127.0.0.1:${port}/hook`, headers, '{}');
      expect(result.outcome).toEqual({ kind: 'answered', status, retryAfterMs: null });
      expect(paths).toEqual(['/hook']);
      expect(inside).toBe(0);
      await new Promise((resolve) => privateServer.close(resolve));
    },
  );

  test('nor are Refresh and Alt-Svc', async () => {
    answer = {
      status: 200,
      headers: { refresh: '0;url=http://127.0.0.1/', 'alt-svc': 'h2="10.0.0.1:443"' },
    };
    const one = client(loopback);
    await one.post(`http://127.0.0.1:${port}/1`, headers, '{}');
    await one.post(`http://127.0.0.1:${port}/2`, headers, '{}');
    await waitFor('both requests', () => paths.length === 2);
    expect(new Set(dialled)).toEqual(new Set(['127.0.0.1']));
  });
});
