import { describe, expect, it } from 'vitest';
import { notARange, rangeKey, rangesAround, readIpRange, tooWide } from './ip-range.ts';
import type { ValueType } from './types.ts';
import { readValue } from './value.ts';

function normal(type: ValueType, text: string): string {
  const read = readValue(type, text);
  return 'mistake' in read ? read.mistake : read.normal;
}

function isWithin(address: string, range: string): boolean {
  const read = readIpRange(range);
  if ('mistake' in read) throw new Error(read.mistake);
  return rangesAround(address).map(rangeKey).includes(rangeKey(read));
}

describe('what an address is within', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '203.0.113.7/32', true],
    ['203.0.113.8', '203.0.113.7', false],
    ['203.0.113.0', '203.0.113.0/24', true],
    ['203.0.113.255', '203.0.113.77/24', true],
    ['203.0.114.0', '203.0.113.0/24', false],
    ['203.0.112.255', '203.0.113.0/24', false],
    ['203.0.113.1', '203.0.113.2/31', false],
    ['203.0.113.3', '203.0.113.2/31', true],
    ['10.255.255.255', '10.0.0.0/8', true],
    ['11.0.0.0', '10.0.0.0/8', false],
    ['::ffff:10.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', '::ffff:10.0.0.0/104', true],
    ['::ffff:0a01:0203', '10.1.2.3', true],
    ['2001:db8::1', '2001:db8::/32', true],
    ['2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:DB8::/32', true],
    ['2001:db9::', '2001:db8::/32', false],
    ['2001:db8:0:1:ffff::', '2001:db8:0:1::/64', true],
    ['2001:db8:0:2::', '2001:db8:0:1::/64', false],
    ['2001:db8::1', '2001:0db8:0:0:0:0:0:1', true],
    ['2001:db8::2', '2001:db8::1', false],
    ['10.1.2.3', '::/16', false],
  ])('%s in %s: %s', (address, range, expected) => {
    expect(isWithin(address, range)).toBe(expected);
  });

  it('has nothing around what is no address', () => {
    for (const text of ['', 'localhost', '10.1', 'fe80::1%eth0', '10.0.0.0/8']) {
      expect(rangesAround(text)).toEqual([]);
    }
  });

  it.each(['0.0.0.0/0', '10.0.0.0/7', '::/0', '2000::/15', '::ffff:0:0/96'])('%s is too wide', (range) => {
    expect(readIpRange(range)).toEqual({ mistake: tooWide });
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/+8',
    '10.0.0.0/8/8',
    '2001:db8::/129',
    '010.1.1.1',
    '0x7f000001',
    '127.1',
    'fe80::1%1',
    'example.org',
  ])('%s is none', (range) => {
    expect(readIpRange(range)).toEqual({ mistake: notARange });
  });
});

describe('values that mean the same', () => {
  it.each<[ValueType, string, string]>([
    ['email', 'Mallory@Example.ORG', ' mallory@example.org '],
    ['email', 'a@bücher.example', 'A@XN--BCHER-KVA.example'],
    ['phone', '+34 (600) 00-00.00', '+34600000000'],
    ['country', 'esp', 'ES'],
    ['user', 'User-7', 'uSER-7'],
    ['user', 'Zoe\u0308', 'ZO\u00cb'],
    ['device_fingerprint', `selfsame-fp-${'aB'.repeat(16)}`, `SELFSAME-FP-${'Ab'.repeat(16)}`],
    ['device_fingerprint', 'ABCD-1234', 'abcd-1234'],
  ])('%s: %s and %s', (type, one, other) => {
    expect(normal(type, one)).toBe(normal(type, other));
  });

  it('are shown as they were typed', () => {
    expect(readValue('email', ' Mallory@Example.ORG ')).toMatchObject({ shown: 'Mallory@Example.ORG' });
  });

  it('are not those of users with other spaces', () => {
    expect(normal('user', 'a b')).not.toBe(normal('user', 'a b '));
  });

  it.each<[ValueType, string]>([
    ['email', 'mallory'],
    ['email', 'a@b'],
    ['email', 'a b@c.example'],
    ['phone', '611222333'],
    ['phone', '+0123456789'],
    ['phone', '+12345'],
    ['country', 'XX'],
    ['country', 'Spain'],
    ['device_fingerprint', 'abc1234'],
    ['device_fingerprint', 'selfsame-fp-1234567890'],
    ['device_fingerprint', 'drop table; --'],
    ['user', ' '],
    ['user', 'u'.repeat(257)],
    ['user', 'nul\0'],
  ])('%s: %s is none, and the answer does not repeat it', (type, text) => {
    const read = readValue(type, text);
    expect(read).toHaveProperty('mistake');
    if (text.trim().length > 3) expect(JSON.stringify(read)).not.toContain(text);
  });
});
