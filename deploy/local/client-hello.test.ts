import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { type ClientHello, helloBytesMax, ja3Of, ja4Of, readClientHello, summaryOf } from './client-hello.ts';

const numbers = (text: string) => text.split(',').map((part) => Number.parseInt(part, 16));
const u8 = (value: number) => Buffer.from([value]);
const u16 = (value: number) => Buffer.from([value >> 8, value & 255]);
const block8 = (body: Buffer) => Buffer.concat([u8(body.length), body]);
const block16 = (body: Buffer) => Buffer.concat([u16(body.length), body]);
const list16 = (values: readonly number[]) => Buffer.concat(values.map(u16));

/** A hello with these extensions, cut into records of so many bytes. */
function helloBytes(
  parts: { ciphers: readonly number[]; extensions: readonly [type: number, body: Buffer][] },
  recordBytes = 16_384,
): Buffer {
  const extensions = parts.extensions.map(([type, body]) => Buffer.concat([u16(type), block16(body)]));
  const body = Buffer.concat([
    u16(0x0303),
    Buffer.alloc(32, 7),
    block8(Buffer.alloc(32, 9)),
    block16(list16(parts.ciphers)),
    block8(u8(0)),
    block16(Buffer.concat(extensions)),
  ]);
  const message = Buffer.concat([u8(1), u8(0), u16(body.length), body]);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += recordBytes) {
    records.push(Buffer.concat([u8(22), u16(0x0301), block16(message.subarray(at, at + recordBytes))]));
  }
  return Buffer.concat(records);
}

const protocols = (...names: string[]) =>
  block16(Buffer.concat(names.map((name) => block8(Buffer.from(name, 'latin1')))));
const named = (host: string) => block16(Buffer.concat([u8(0), block16(Buffer.from(host))]));

/** The worked example of the specification of JA4: Chrome, with GREASE where Chrome puts it. */
const example = {
  ciphers: numbers('2a2a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035'),
  extensions: numbers(
    '0a0a,001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015',
  ).map((type): [number, Buffer] => [type, exampleBodies().get(type) ?? Buffer.alloc(0)]),
};
function exampleBodies(): Map<number, Buffer> {
  return new Map([
    [0x00, named('example.com')],
    [0x0d, block16(list16(numbers('0403,0804,0401,0503,0805,0501,0806,0601')))],
    [0x10, protocols('h2', 'http/1.1')],
    [0x2b, block8(list16([0x3a3a, 0x0304, 0x0303]))],
    [0x0a, block16(list16([0x5a5a, 4588, 29, 23, 24]))],
    [0x0b, block8(u8(0))],
    [
      0x33,
      block16(Buffer.concat([u16(4588), block16(Buffer.alloc(1216)), u16(29), block16(Buffer.alloc(32))])),
    ],
  ]);
}

function helloIn(bytes: Buffer): ClientHello {
  const reading = readClientHello(bytes);
  if (reading.is !== 'hello') throw new Error(`no hello: ${reading.is}`);
  return reading.hello;
}

describe('a ClientHello', () => {
  test('has the JA4 of the specification’s worked example', () => {
    const summary = summaryOf(helloIn(helloBytes(example)));
    expect(summary).toMatchObject({
      ja4: 't13d1516h2_8daaf6152771_e5627efa2ab1',
      grease: true,
      cipher_count: 15,
      extension_count: 16,
      server_name: 'example.com',
      alpn_offered: ['h2', 'http/1.1'],
      groups: ['4588', '29', '23', '24'],
      versions_offered: ['772', '771'],
      post_quantum_share: true,
      ech: false,
    });
  });

  test('has one JA4 and many JA3 in whatever order its extensions come', () => {
    const shuffled = { ...example, extensions: example.extensions.toReversed() };
    const [one, other] = [helloIn(helloBytes(example)), helloIn(helloBytes(shuffled))];
    expect(ja4Of(other)).toBe(ja4Of(one));
    expect(ja3Of(other)).not.toBe(ja3Of(one));
    expect(ja3Of(one)).toMatch(/^[0-9a-f]{32}$/);
  });

  // SHA-256 of 0035 begins with these twelve digits.
  test('without extensions has zeros in their place', () => {
    const bare = helloIn(helloBytes({ ciphers: [0x0a0a, 0x0035], extensions: [] }));
    expect(ja4Of(bare)).toBe('t12i010000_692296a295db_000000000000');
    const nameOnly = helloIn(
      helloBytes({ ciphers: [0x0a0a, 0x0035], extensions: [[0, named('a.example')]] }),
    );
    expect(ja4Of(nameOnly)).toBe('t12d010100_692296a295db_000000000000');
  });

  test.each([
    ['http/1.1', 'h1'],
    ['h2', 'h2'],
    ['x', 'xx'],
    ['\xab', 'ab'],
    ['\xab\xcd', 'ad'],
    ['0\xab', '3b'],
    ['01\xab\xcd', '3d'],
    ['0\xab\xcd1', '01'],
  ])('that offers %j is marked %s', (protocol, mark) => {
    const offered = helloIn(helloBytes({ ciphers: [0x1301], extensions: [[16, protocols(protocol)]] }));
    expect(ja4Of(offered).slice(8, 10)).toBe(mark);
  });

  test('is the same in however many records and pieces it comes', () => {
    const whole = helloIn(helloBytes(example));
    const bytes = helloBytes(example, 100);
    for (let length = 0; length < bytes.length; length += 7) {
      expect(readClientHello(bytes.subarray(0, length))).toEqual({ is: 'more' });
    }
    expect(helloIn(bytes)).toEqual(whole);
    expect(helloIn(Buffer.concat([helloBytes(example), Buffer.alloc(500, 3)]))).toEqual(whole);
  });

  test('of a real client is read', async () => {
    const hello = await helloOf((port) =>
      connect({ port, servername: 'app.example', ALPNProtocols: ['h2'] }),
    );
    expect(summaryOf(hello)).toMatchObject({
      server_name: 'app.example',
      alpn_offered: ['h2'],
      grease: false,
    });
    expect(ja4Of(hello)).toMatch(/^t13d\d{4}h2_[0-9a-f]{12}_[0-9a-f]{12}$/);
  });
});

describe('bytes that are none', () => {
  test('are neither waited for nor trusted', () => {
    for (const text of [
      'GET / HTTP/1.1\r\n\r\n',
      '\x16\x02',
      '\x16\x03\x01\x00\x05\x02',
      '\x16\x03\x01\x00\x00',
    ]) {
      expect(readClientHello(Buffer.from(text, 'latin1'))).toEqual({ is: 'no' });
    }
    const announced = Buffer.from('1603014000010fffff', 'hex');
    expect(readClientHello(announced)).toEqual({ is: 'no' });
    const twice: [number, Buffer][] = [
      [5, Buffer.alloc(1)],
      [5, Buffer.alloc(1)],
    ];
    expect(readClientHello(helloBytes({ ciphers: [1], extensions: twice }))).toEqual({ is: 'no' });
  });

  test('of any kind end in an answer', () => {
    const valid = helloBytes(example);
    const random = randomNumbers(6);
    const noise = () => Buffer.from(Array.from({ length: random(400) }, () => random(256)));
    const makers: (() => Buffer)[] = [
      noise,
      () => Buffer.concat([Buffer.from('160301', 'hex'), block16(noise())]),
      () => {
        const bytes = noise();
        const message = Buffer.concat([Buffer.from([1, 0]), u16(bytes.length), bytes]);
        return Buffer.concat([Buffer.from('160301', 'hex'), block16(message)]);
      },
      () => {
        const bytes = Buffer.from(valid);
        for (let changes = 1 + random(8); changes > 0; changes -= 1)
          bytes[random(bytes.length)] = random(256);
        return bytes.subarray(0, random(4) === 0 ? random(bytes.length) : bytes.length);
      },
    ];
    const seen = new Set<string>();
    for (let run = 0; run < 6_000; run += 1) {
      const bytes = makers[run % makers.length]?.() ?? valid;
      const reading = readClientHello(bytes);
      seen.add(reading.is);
      if (reading.is !== 'hello') continue;
      expect(JSON.stringify(summaryOf(reading.hello)).length).toBeLessThan(3_000);
      expect(ja4Of(reading.hello)).toMatch(/^t.{2}[di]\d{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/);
    }
    expect([...seen].toSorted()).toEqual(['hello', 'more', 'no']);
  });

  test('that never end are not waited for for ever', () => {
    const tiny = helloBytes({ ciphers: [1], extensions: [[21, Buffer.alloc(16_000)]] }, 1);
    expect(tiny.length).toBeGreaterThan(helloBytesMax);
    expect(readClientHello(tiny.subarray(0, helloBytesMax))).toEqual({ is: 'no' });
  });
});

/** The first bytes that a client sends. */
async function helloOf(open: (port: number) => Socket): Promise<ClientHello> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connected = once(server, 'connection') as Promise<[Socket]>;
  const client = open((server.address() as AddressInfo).port);
  client.on('error', () => undefined);
  const [socket] = await connected;
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    if (readClientHello(bytes).is !== 'more') break;
  }
  client.destroy();
  server.close();
  return helloIn(bytes);
}

/** Below a bound, the same ones for the same seed. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
