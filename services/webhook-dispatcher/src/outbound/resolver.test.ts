import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { waitFor } from '@selfsame/testing/wait';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readNetworks } from '../domain/addresses.ts';
import { createWebhookClient } from './http-client.ts';
import { createResolver, type Resolver } from './resolver.ts';

type Answer = string[] | 'no such name' | 'no data' | 'server failure' | 'refused' | 'silence';
/** What the name server knows: for each name its A and its AAAA. */
type Zone = Record<string, { A?: Answer; AAAA?: Answer }>;

/** A name server on UDP that answers from a table; what is not in it does not exist. */
async function startNameServer() {
  const zone: Zone = {};
  const questions: string[] = [];
  const socket: Socket = createSocket('udp4');
  socket.on('message', (message, sender) => {
    const { name, type, end } = readQuestion(message);
    questions.push(`${name} ${type}`);
    const known = zone[name.toLowerCase()];
    const answer = known === undefined ? 'no such name' : (known[type] ?? 'no data');
    if (answer === 'silence') return;
    socket.send(writeAnswer(message.subarray(0, end), type, answer), sender.port, sender.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { zone, questions, address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}

function readQuestion(message: Buffer): { name: string; type: 'A' | 'AAAA'; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), type: message.readUInt16BE(at + 1) === 28 ? 'AAAA' : 'A', end: at + 5 };
}

function writeAnswer(question: Buffer, type: 'A' | 'AAAA', answer: Answer): Buffer {
  const codes: Record<string, number> = { 'no such name': 3, 'server failure': 2, refused: 5 };
  const addresses = typeof answer === 'string' ? [] : answer;
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8180 + (typeof answer === 'string' ? (codes[answer] ?? 0) : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8); // neither authority nor additional records
  const records = addresses.map((address) => {
    const bytes = type === 'A' ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address);
    const record = Buffer.from([0xc0, 12, 0, type === 'A' ? 1 : 28, 0, 1, 0, 0, 0x0e, 0x10, 0, bytes.length]);
    return Buffer.concat([record, bytes]);
  });
  return Buffer.concat([head, ...records]);
}

/** Of an address whose only `::` stands before its last part. */
function ipv6Bytes(address: string): Buffer {
  const [front = '', back = ''] = address.split('::');
  const parts = front.split(':');
  const all = [...parts, ...Array(7 - parts.length).fill('0'), back];
  return Buffer.from(all.map((part) => part.padStart(4, '0')).join(''), 'hex');
}

let nameServer: Awaited<ReturnType<typeof startNameServer>>;
const resolvers: Resolver[] = [];

function resolver(options: Partial<Parameters<typeof createResolver>[0]> = {}): Resolver {
  const made = createResolver({ timeoutMs: 2_000, servers: [nameServer.address], ...options });
  resolvers.push(made);
  return made;
}

async function codeOf(answer: Promise<unknown>): Promise<string> {
  return answer.then(
    () => 'none',
    (error) => error.code,
  );
}

beforeEach(async () => {
  nameServer = await startNameServer();
});
afterEach(() => {
  for (const each of resolvers.splice(0)) each.close();
  nameServer.close();
});

describe('a name', () => {
  test('has its addresses of both families, IPv4 first', async () => {
    nameServer.zone['both.example'] = { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1'] };
    expect(await resolver().resolve('both.example')).toEqual([
      { address: '192.0.2.1', family: 4 },
      { address: '192.0.2.2', family: 4 },
      { address: '2001:db8::1', family: 6 },
    ]);
    expect(nameServer.questions.sort()).toEqual(['both.example A', 'both.example AAAA']);
  });

  test.each<[string, Zone[string], string]>([
    ['only IPv4', { A: ['192.0.2.1'] }, '192.0.2.1'],
    ['only IPv6', { AAAA: ['2001:db8::1'] }, '2001:db8::1'],
    ['IPv4, and a server that fails for IPv6', { A: ['192.0.2.1'], AAAA: 'server failure' }, '192.0.2.1'],
    ['IPv4, and a server that is silent about IPv6', { A: ['192.0.2.1'], AAAA: 'silence' }, '192.0.2.1'],
    ['IPv6, and a server that is silent about IPv4', { A: 'silence', AAAA: ['2001:db8::1'] }, '2001:db8::1'],
    [
      'IPv4, and a server that denies the name for IPv6',
      { A: ['192.0.2.1'], AAAA: 'no such name' },
      '192.0.2.1',
    ],
  ])('with %s has that', async (_what, records, address) => {
    nameServer.zone['one.example'] = records;
    const found = await resolver().resolve('one.example');
    expect(found.map((each) => each.address)).toEqual([address]);
  });

  test.each<[string, Zone[string], string]>([
    ['a server that fails', { A: 'server failure', AAAA: 'server failure' }, 'ESERVFAIL'],
    ['a server that refuses', { A: 'refused', AAAA: 'refused' }, 'EREFUSED'],
    ['silence', { A: 'silence', AAAA: 'silence' }, 'dns_timeout'],
    ['silence about one family and nothing of the other', { A: 'no data', AAAA: 'silence' }, 'dns_timeout'],
  ])('with %s is an error that may pass', async (_what, records, code) => {
    nameServer.zone['bad.example'] = records;
    expect(await codeOf(resolver({ timeoutMs: 600 }).resolve('bad.example'))).toBe(code);
  });

  test('that the name servers do not know is looked up by the system, which has /etc/hosts', async () => {
    const own = (await lookup('localhost', { all: true })).map(({ address }) => address);
    expect(own).toContain('127.0.0.1');
    // Only the system knows how to read this one.
    expect(await resolver().resolve('127.1')).toEqual([{ address: '127.0.0.1', family: 4 }]);
    expect(nameServer.questions).toContain('127.1 A');
  });

  test('that nobody knows does not exist', async () => {
    nameServer.zone['empty.example'] = {};
    for (const name of ['missing.invalid', 'empty.example']) {
      expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(
        await codeOf(resolver({ timeoutMs: 20_000 }).resolve(name)),
      );
    }
  });

  test.each(['localhost', 'LOCALHOST', 'localhost.', 'hooks.localhost', 'a.b.localhost.'])(
    '%s is this machine, and nobody is asked',
    async (name) => {
      nameServer.zone[name] = { A: ['192.0.2.1'] };
      expect((await resolver().resolve(name)).map(({ address }) => address)).toEqual(['127.0.0.1', '::1']);
      expect(nameServer.questions).toEqual([]);
    },
  );
});

describe('many lookups', () => {
  test('of one name at once are one question, and the answer is not kept for long', async () => {
    nameServer.zone['busy.example'] = { A: ['192.0.2.1'] };
    const one = resolver();
    const answers = await Promise.all(Array.from({ length: 100 }, () => one.resolve('busy.example')));
    expect(new Set(answers.map(([first]) => first?.address))).toEqual(new Set(['192.0.2.1']));
    expect(nameServer.questions).toHaveLength(2);
    nameServer.zone['busy.example'] = { A: ['192.0.2.2'] };
    await waitFor('the new address', async () => {
      const [first] = await one.resolve('busy.example');
      return first?.address === '192.0.2.2';
    });
  });

  test('that fail are asked again at once', async () => {
    nameServer.zone['late.example'] = { A: 'server failure', AAAA: 'server failure' };
    const one = resolver();
    expect(await codeOf(one.resolve('late.example'))).toBe('ESERVFAIL');
    nameServer.zone['late.example'] = { A: ['192.0.2.1'] };
    expect(await one.resolve('late.example')).toHaveLength(1);
  });

  test('that hang delay neither other names nor the lookups of the system', async () => {
    nameServer.zone['good.example'] = { A: ['192.0.2.1'] };
    const one = resolver({ timeoutMs: 4_000 });
    let ended = 0;
    const hanging = Array.from({ length: 64 }, (_, index) => {
      const name = `hanging-${index}.example`;
      nameServer.zone[name] = { A: 'silence', AAAA: 'silence' };
      return codeOf(one.resolve(name)).finally(() => {
        ended += 1;
      });
    });
    await waitFor('the questions', () => nameServer.questions.length >= 128);
    expect(await one.resolve('good.example')).toHaveLength(1);
    await Promise.all(Array.from({ length: 8 }, () => lookup('localhost')));
    expect(ended).toBe(0);
    one.close();
    await Promise.all(hanging);
  });

  test('are bounded: the next wait for a place, and too many are refused', async () => {
    // The second try, a quarter of the time later, frees the places; three quarters are left for the rest.
    const one = resolver({ timeoutMs: 8_000, maxLookups: 2 });
    const names = ['a.example', 'b.example', 'c.example', 'd.example', 'e.example'];
    for (const name of names) nameServer.zone[name] = { A: 'silence', AAAA: 'silence' };
    const [a, b, c, d, e] = names.map((name) => codeOf(one.resolve(name)));
    expect(await e).toBe('too_many_lookups');
    await waitFor('the questions', () => nameServer.questions.length >= 4);
    expect(new Set(nameServer.questions.map((each) => each.split(' ')[0]))).toEqual(
      new Set(['a.example', 'b.example']),
    );
    for (const name of names) nameServer.zone[name] = { A: ['192.0.2.1'] };
    expect(await Promise.all([a, b, c, d])).toEqual(['none', 'none', 'none', 'none']);
  });

  test('that wait for a place give up in time', async () => {
    const one = resolver({ timeoutMs: 400, maxLookups: 1 });
    nameServer.zone['a.example'] = { A: 'silence', AAAA: 'silence' };
    nameServer.zone['b.example'] = { A: ['192.0.2.2'] };
    const [a, b] = ['a.example', 'b.example'].map((name) => codeOf(one.resolve(name)));
    expect(await a).toBe('dns_timeout');
    expect(['none', 'dns_timeout']).toContain(await b);
    await waitFor(
      'the place to be free again',
      async () => (await codeOf(one.resolve('b.example'))) === 'none',
    );
  });
});

test('name servers that hang are an attempt that timed out, and other receivers do not wait for it', async () => {
  nameServer.zone['dead.example'] = { A: 'silence', AAAA: 'silence' };
  nameServer.zone['alive.example'] = { A: ['127.0.0.1'] };
  const { resolve } = resolver({ timeoutMs: 1_500 });
  const policy = { allowedNetworks: readNetworks(['127.0.0.0/8']), allowHttp: true };
  const client = createWebhookClient({ policy, timeoutMs: 3_000, resolve });
  let isEnded = false;
  const dead = client.post('http://dead.example/', {}, '{}').finally(() => {
    isEnded = true;
  });
  const alive = await client.post('http://alive.example:9/', {}, '{}');
  expect(alive).toMatchObject({ outcome: { kind: 'connection_error' }, error: 'ECONNREFUSED' });
  expect(isEnded).toBe(false);
  expect(await dead).toMatchObject({ outcome: { kind: 'timeout' }, error: 'dns_timeout' });
  await client.close();
});
