import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { isPermittedAddress, readNetworks } from './addresses.ts';

const nothing = readNetworks([]);
const loopback = readNetworks(['127.0.0.0/8', '::1/128']);
const everything = readNetworks(['0.0.0.0/0', '::/0']);
const everythingV6 = readNetworks(['::/0']);

/** First and last address of a network. */
function edges(cidr: string): string[] {
  const [address, bits] = ipaddr.parseCIDR(cidr);
  const bytes = address.toByteArray();
  const last = bytes.map((byte, index) => byte | (0xff >> Math.min(8, Math.max(0, bits - 8 * index))));
  return [...new Set([bytes, last].map((each) => ipaddr.fromByteArray(each).toString()))];
}

describe('networks that are special', () => {
  // IANA IPv4 and IPv6 Special-Purpose Address Registries, the multicast registries, and what was special once.
  const special: readonly (readonly [string, string])[] = [
    ['0.0.0.0/8', 'this network; 0.0.0.0 reaches the own machine'],
    ['10.0.0.0/8', 'private'],
    ['100.64.0.0/10', 'shared by carriers (CGNAT)'],
    ['127.0.0.0/8', 'loopback'],
    ['172.16.0.0/12', 'private'],
    ['192.0.0.0/24', 'protocol assignments'],
    ['192.0.0.0/29', 'service continuity'],
    ['192.0.0.8/32', 'dummy address'],
    ['192.0.0.9/32', 'port control anycast'],
    ['192.0.0.10/32', 'TURN anycast'],
    ['192.0.0.170/31', 'NAT64 discovery'],
    ['192.0.2.0/24', 'documentation 1'],
    ['192.31.196.0/24', 'AS112'],
    ['192.52.193.0/24', 'AMT'],
    ['192.88.99.0/24', '6to4 relay anycast'],
    ['192.168.0.0/16', 'private'],
    ['192.175.48.0/24', 'AS112'],
    ['198.18.0.0/15', 'benchmarking'],
    ['198.51.100.0/24', 'documentation 2'],
    ['203.0.113.0/24', 'documentation 3'],
    ['224.0.0.0/4', 'multicast'],
    ['240.0.0.0/4', 'reserved'],
    ['255.255.255.255/32', 'broadcast'],
    ['::/128', 'unspecified; reaches the own machine'],
    ['::1/128', 'loopback'],
    ['::/96', 'IPv4-compatible'],
    ['::ffff:0:0:0/96', 'IPv4-translated'],
    ['64:ff9b::/96', 'NAT64'],
    ['100::/64', 'discard only'],
    ['100:0:0:1::/64', 'dummy prefix'],
    ['2001::/23', 'protocol assignments'],
    ['2001::/32', 'Teredo'],
    ['2001:1::1/128', 'port control anycast'],
    ['2001:1::2/128', 'TURN anycast'],
    ['2001:1::3/128', 'DNS-SD anycast'],
    ['2001:2::/48', 'benchmarking'],
    ['2001:3::/32', 'AMT'],
    ['2001:4:112::/48', 'AS112'],
    ['2001:10::/28', 'ORCHID'],
    ['2001:20::/28', 'ORCHIDv2'],
    ['2001:30::/28', 'drone remote id'],
    ['2001:db8::/32', 'documentation'],
    ['2002::/16', '6to4'],
    ['2620:4f:8000::/48', 'AS112'],
    ['3fff::/20', 'documentation'],
    ['5f00::/16', 'segment routing'],
    ['fc00::/7', 'unique local'],
    ['fec0::/10', 'site-local, deprecated'],
    ['ff00::/8', 'multicast'],
    ['1000::/4', 'not handed out'],
    ['4000::/3', 'not handed out'],
    ['e000::/4', 'not handed out'],
  ];
  const cases = special.flatMap(([network, why]) => edges(network).map((address) => ({ address, why })));

  test.each(cases)('$address is refused unless opened: $why', ({ address }) => {
    expect(isPermittedAddress(address, nothing)).toBe(false);
    expect(isPermittedAddress(address, everything)).toBe(true);
  });

  test.each([
    ...['1.0.0.0', '1.1.1.1', '9.255.255.255', '11.0.0.0', '93.184.216.34', '100.63.255.255', '100.128.0.0'],
    ...['126.255.255.255', '128.0.0.0', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0'],
    ...['191.255.255.255', '192.0.1.0', '192.0.3.0', '192.31.195.255', '192.31.197.0', '192.52.192.255'],
    ...['192.88.98.255', '192.88.100.0', '192.167.255.255', '192.169.0.0', '192.175.49.0', '198.17.255.255'],
    ...['198.20.0.0', '198.51.99.255', '198.51.101.0', '203.0.112.255', '203.0.114.0', '223.255.255.255'],
    ...['2001:200::', '2001:db7:ffff::', '2001:db9::', '2003::', '2606:4700:4700::1111', '2a00:1450:4001::1'],
    ...['2620:4f:7fff::', '2620:4f:8001::', '3ffe:ffff::', '3fff:1000::', '2001:ffff::1', '2400:cb00::1'],
  ])('%s is beside a special network and public', (address) => {
    expect(isPermittedAddress(address, nothing)).toBe(true);
  });
});

describe('IPv4 inside IPv6', () => {
  const forms = (high: string, low: string, turnedHigh: string, turnedLow: string) => ({
    'IPv4-compatible': `::${high}:${low}`,
    'IPv4-translated': `::ffff:0:${high}:${low}`,
    NAT64: `64:ff9b::${high}:${low}`,
    '6to4': `2002:${high}:${low}::1`,
    'Teredo client': `2001:0:808:808:0:0:${turnedHigh}:${turnedLow}`,
    'Teredo server': `2001:0:${high}:${low}::${turnedHigh}:${turnedLow}`,
    ISATAP: `2a00:1450:4001::200:5efe:${high}:${low}`,
    'ISATAP, local': `2a00:1450:4001::5efe:${high}:${low}`,
  });
  const rows = (name: string, address: ReturnType<typeof forms>) =>
    Object.entries(address).map(([form, text]) => ({ name, form, text }));

  test.each([
    ...rows('10.0.0.1', forms('a00', '1', 'f5ff', 'fffe')),
    ...rows('127.0.0.1', forms('7f00', '1', '80ff', 'fffe')),
    ...rows('192.168.1.1', forms('c0a8', '101', '3f57', 'fefe')),
  ])('$form of $name ($text) is refused, even where IPv6 is open', ({ text }) => {
    expect(isPermittedAddress(text, nothing)).toBe(false);
    expect(isPermittedAddress(text, everythingV6)).toBe(false);
    expect(isPermittedAddress(text, everything)).toBe(true);
  });

  test.each(rows('169.254.169.254', forms('a9fe', 'a9fe', '5601', '5601')))(
    '$form of $name ($text) is refused whatever is open',
    ({ text }) => expect(isPermittedAddress(text, everything)).toBe(false),
  );

  test.each(rows('8.8.8.8', forms('808', '808', 'f7f7', 'f7f7')))(
    '$form of $name ($text) is permitted where that form is open',
    ({ text }) => expect(isPermittedAddress(text, everythingV6)).toBe(true),
  );

  test('mapped addresses are the IPv4 address, in every spelling', () => {
    for (const spelling of ['::ffff:127.0.0.1', '::FFFF:7f00:1', '0:0:0:0:0:ffff:7f00:0001']) {
      expect(isPermittedAddress(spelling, nothing)).toBe(false);
      expect(isPermittedAddress(spelling, everythingV6)).toBe(false);
      expect(isPermittedAddress(spelling, loopback)).toBe(true);
    }
    expect(isPermittedAddress('::ffff:8.8.8.8', nothing)).toBe(true);
    expect(isPermittedAddress('::ffff:169.254.169.254', everything)).toBe(false);
  });

  test('an operator behind NAT64 opens its prefix, and no private network behind it', () => {
    const nat64 = readNetworks(['64:ff9b::/96']);
    expect(isPermittedAddress('64:ff9b::8.8.8.8', nat64)).toBe(true);
    expect(isPermittedAddress('64:ff9b::10.0.0.1', nat64)).toBe(false);
    expect(isPermittedAddress('64:ff9b::10.0.0.1', [...nat64, ...readNetworks(['10.0.0.0/8'])])).toBe(true);
  });

  test('a NAT64 prefix of one network is opened by the /96 that says where the IPv4 address stands', () => {
    const address = '64:ff9b:1:a00:0:100:808:808'; // as a /48 it leads to 10.0.0.1, as a /96 to 8.8.8.8
    expect(isPermittedAddress(address, everything)).toBe(false);
    expect(isPermittedAddress(address, readNetworks(['64:ff9b:1::/48']))).toBe(false);
    expect(isPermittedAddress(address, readNetworks(['64:ff9b:1:a00:0:100::/96']))).toBe(true);
    expect(isPermittedAddress('64:ff9b:1::10.0.0.1', readNetworks(['64:ff9b:1::/96']))).toBe(false);
  });
});

describe('metadata services', () => {
  test.each([
    ...['169.254.169.254', '169.254.170.2', '169.254.170.23', '169.254.169.123', '169.254.169.253'],
    ...[
      '169.254.0.23',
      '169.254.42.42',
      '169.254.169.252',
      '168.63.129.16',
      '100.100.100.200',
      '192.0.0.192',
    ],
    ...['fd00:ec2::254', 'fd00:ec2::23', 'FD00:0EC2:0:0:0:0:0:254', 'fd20:ce::254', 'fd00:c1::a9fe:a9fe'],
    ...[
      'fd00:42::42',
      'fd00:a9fe:a9fe::1',
      'fe80::a9fe:a9fe',
      'fe80::1%eth0',
      '169.254.0.0',
      '169.254.255.255',
    ],
    ...['fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ])('%s is refused whatever is open', (address) => {
    expect(isPermittedAddress(address, nothing)).toBe(false);
    expect(isPermittedAddress(address, everything)).toBe(false);
    expect(isPermittedAddress(address, readNetworks([address.replace(/%.*/, '')]))).toBe(false);
  });
});

describe('networks that an operator opens', () => {
  test('opening one opens nothing else', () => {
    expect(isPermittedAddress('127.0.0.1', loopback)).toBe(true);
    expect(isPermittedAddress('::1', loopback)).toBe(true);
    expect(isPermittedAddress('8.8.8.8', loopback)).toBe(true);
    for (const address of ['10.0.0.1', '192.168.0.1', '0.0.0.0', '::', 'fd00::1', '::7f00:1'])
      expect(isPermittedAddress(address, loopback)).toBe(false);
  });

  test('a bare address is itself, IPv4 in IPv6 is IPv4', () => {
    const networks = readNetworks(['10.1.2.3', '::ffff:192.168.0.0/112', 'fd12::1']);
    for (const address of ['10.1.2.3', '192.168.255.255', 'fd12::1']) {
      expect(isPermittedAddress(address, networks)).toBe(true);
    }
    for (const address of ['10.1.2.4', '172.16.0.1', 'fd12::2']) {
      expect(isPermittedAddress(address, networks)).toBe(false);
    }
  });

  test.each([
    ...[
      '10.0.0.0/99',
      '10.0.0.0/33',
      '::/129',
      '10/8',
      '10.1/16',
      '010.0.0.0/8',
      '0x0a000000/8',
      '10.0.0.0/',
    ],
    ...[
      '10.0.0.0/8/8',
      '10.0.0.0/-1',
      '10.0.0.0/8.5',
      '10.0.0.0/255.0.0.0',
      'fe80::1%eth0',
      '[::1]',
      'localhost',
      '',
    ],
  ])('"%s" is no network', (entry) => {
    expect(() => readNetworks(['10.0.0.0/8', entry])).toThrow(`"${entry}" is not a network`);
  });
});

test.each([
  '',
  'localhost',
  '300.1.1.1',
  '1.1.1',
  '127.1',
  '0x7f000001',
  '2130706433',
  '0177.0.0.1',
  '[::1]',
  ' ::1',
])('"%s" is no address and goes nowhere', (text) => expect(isPermittedAddress(text, everything)).toBe(false));
