import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressRanges } from './address-ranges.ts';
import { type Address, formatAddress, ipv4, networkOf, readAddress, readNetwork } from './addresses.ts';
import { isSpecialAddress } from './special-addresses.ts';

const address = (text: string): Address => {
  const read = readAddress(text);
  if (read === null) throw new Error(`${text} is no address`);
  return read;
};
const network = (text: string) => {
  const read = readNetwork(text);
  if (read === null) throw new Error(`${text} is no network`);
  return read;
};

describe('addresses', () => {
  it.each([
    ['81.2.69.160', '81.2.69.160'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::ffff:81.2.69.160', '81.2.69.160'],
    ['::FFFF:5102:45a0', '81.2.69.160'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:0218:0000::0000', '2001:218::'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['fe80::1%eth0', 'fe80::1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('%s is %s', (text, shortest) => {
    expect(formatAddress(address(text))).toBe(shortest);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    '1.2.3.',
    '.1.2.3.4',
    '1.2.3.4%eth0',
    '0x1.2.3.4',
    '1.2.3.4:80',
    ':',
    ':::',
    '1::2::3',
    ':1',
    '1:',
    '12345::',
    'g::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1.2.3',
    '::1.2.3.4:5',
    '[::1]',
    '1:2:3:4:5:6:7:1.2.3.4',
    `${'0'.repeat(60)}::1`,
  ])('%j is none', (text) => {
    expect(readAddress(text)).toBeNull();
  });

  it('every spelling is read as the system reads it', () => {
    const spelt = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ unit: fc.constantFrom(...'0123456789abcdefF:.'), maxLength: 45 }),
    );
    fc.assert(
      fc.property(spelt, (text) => {
        const read = readAddress(text);
        expect(read !== null, text).toBe(isIP(text) !== 0);
        if (read === null) return;
        expect(formatAddress(read)).toBe(asUrlHost(text));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('networks', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0', '10.255.255.255'],
    ['0.0.0.0/0', '0.0.0.0', '255.255.255.255'],
    ['81.2.69.160/32', '81.2.69.160', '81.2.69.160'],
    ['81.2.69.160', '81.2.69.160', '81.2.69.160'],
    ['::/0', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['2001:218::/32', '2001:218::', '2001:218:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['2001:218:0:10::/60', '2001:218:0:10::', '2001:218:0:1f:ffff:ffff:ffff:ffff'],
    ['::1/128', '::1', '::1'],
    ['::ffff:10.0.0.0/104', '10.0.0.0', '10.255.255.255'],
  ])('%s goes from %s to %s', (text, first, last) => {
    const read = network(text);
    expect([formatAddress(read.first), formatAddress(read.last)]).toEqual([first, last]);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '/8',
    '::/129',
    '::ffff:10.0.0.0/8',
    '10/8',
  ])('%s is none', (text) => {
    expect(readNetwork(text)).toBeNull();
  });

  it('an address with bits beyond its prefix is no network: the line was cut off', () => {
    expect(readNetwork('1.12.0.0/1')).toBeNull();
    expect(readNetwork('2001:418:1401:4::/6')).toBeNull();
  });

  it('the network around an address', () => {
    const around = networkOf(address('2001:218:aa:17:1:2:3:4'), 48);
    expect(formatAddress(around.first)).toBe('2001:218:aa::');
    expect(formatAddress(networkOf(address('81.2.69.160'), 24).first)).toBe('81.2.69.0');
  });
});

describe('ranges', () => {
  const holds = (networks: string[], text: string) =>
    addressRanges(networks.map(network)).contains(address(text));

  it.each([
    ['10.0.0.0/8', ['10.0.0.0', '10.255.255.255'], ['9.255.255.255', '11.0.0.0']],
    ['81.2.69.160/32', ['81.2.69.160'], ['81.2.69.159', '81.2.69.161']],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255'], ['::']],
    ['::/0', ['::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'], ['0.0.0.0']],
    ['2001:218::1/128', ['2001:218::1'], ['2001:218::', '2001:218::2']],
    ['2001:218::/33', ['2001:218:7fff:ffff::'], ['2001:218:8000::']],
  ])('%s holds its first and last address and nothing beside them', (text, inside, outside) => {
    expect(inside.filter((one) => !holds([text], one))).toEqual([]);
    expect(outside.filter((one) => holds([text], one))).toEqual([]);
  });

  it('joins what overlaps, in whatever order it comes', () => {
    const ranges = addressRanges(
      ['10.128.0.0/9', '1.0.0.0/8', '10.0.0.0/8', '10.1.2.3', '2001:db8::/32', '2001:db8:1::/48'].map(
        network,
      ),
    );
    expect(ranges.counts).toEqual({ v4: 2, v6: 1 });
    expect(ranges.contains(address('10.255.0.1'))).toBe(true);
    expect(ranges.contains(address('2001:db8:ffff::'))).toBe(true);
  });

  it('nothing is in no ranges', () => {
    expect(holds([], '1.2.3.4')).toBe(false);
    expect(holds([], '::')).toBe(false);
  });

  it('any set answers as if every network was looked at', () => {
    const v4 = fc
      .tuple(fc.nat(0xffff), fc.integer({ min: 14, max: 32 }))
      .map(([low, bits]) => networkOf(ipv4(0x0a000000 + low * 16), bits));
    const v6 = fc
      .tuple(fc.nat(7), fc.nat(7), fc.integer({ min: 61, max: 128 }))
      .map(([b, d, bits]) => networkOf({ version: 6, a: 0x20010db8, b, c: 0, d }, bits));
    const some = fc.oneof(
      fc.nat(0xfffff).map((low) => ipv4(0x0a000000 + low)),
      fc.tuple(fc.nat(7), fc.nat(9)).map(([b, d]): Address => ({ version: 6, a: 0x20010db8, b, c: 0, d })),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(v4, v6)), fc.array(some, { minLength: 5 }), (networks, asked) => {
        const ranges = addressRanges(networks);
        for (const one of asked) {
          const text = formatAddress(one);
          const expected = networks.some(({ first, last }) => lies(one, first, last));
          expect(ranges.contains(one), text).toBe(expected);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('special addresses', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '169.254.169.254',
    '172.31.255.255',
    '192.0.2.1',
    '192.168.1.1',
    '198.19.255.255',
    '203.0.113.7',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '100::1',
    '2001:db8::1',
    '3fff::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'ff02::1',
    '4000::1',
  ])('%s', (text) => {
    expect(isSpecialAddress(address(text))).toBe(true);
  });

  it.each([
    '1.1.1.1',
    '9.255.255.255',
    '100.63.255.255',
    '100.128.0.0',
    '172.32.0.0',
    '198.20.0.0',
    '223.255.255.255',
    '2001:218::1',
    '2a02:cf40::',
    '64:ff9b::808:808',
    '2002:808:808::1',
    '::ffff:81.2.69.160',
  ])('not %s', (text) => {
    expect(isSpecialAddress(address(text))).toBe(false);
  });
});

function lies(one: Address, first: Address, last: Address): boolean {
  const number = ({ a, b, c, d }: Address) =>
    (BigInt(a) << 96n) | (BigInt(b) << 64n) | (BigInt(c) << 32n) | BigInt(d);
  return one.version === first.version && number(first) <= number(one) && number(one) <= number(last);
}

/** The URL parser spells addresses in their shortest form, too. */
function asUrlHost(text: string): string {
  if (isIP(text) === 4) return text;
  const host = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(host);
  if (mapped === null) return host;
  const octets = mapped
    .slice(1)
    .flatMap((group) => [Number.parseInt(group, 16) >>> 8, Number.parseInt(group, 16) & 255]);
  return octets.join('.');
}
