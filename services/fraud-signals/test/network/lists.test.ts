import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert, describe, expect, it } from 'vitest';
import { readAddress } from '../../src/domain/addresses.ts';
import { listFactOf, openListSource } from '../../src/outbound/network/list-source.ts';
import type { ListSource } from '../../src/outbound/network/source.ts';
import { emptyDirectory, july, openAt } from './harness.ts';

const never = new AbortController().signal;
const open = (text: string, name = 'vpn-test.txt') => {
  const fact = listFactOf(name);
  assert(fact !== null, name);
  return openListSource({ name, fact, writtenAt: july, bytes: Buffer.from(text) }, never);
};
const has = (list: ListSource, text: string) => {
  const address = readAddress(text);
  return address !== null && list.contains(address);
};

describe('lists of networks', () => {
  it.each([
    ['vpn-ipv4.txt', 'net.is_anonymous_vpn'],
    ['datacenter-ipv6.txt', 'net.is_hosting'],
    ['proxy-a.txt', 'net.is_public_proxy'],
    ['relay-vendor-egress.txt', 'net.is_relay'],
    ['mobile-de.txt', 'net.is_mobile_carrier'],
    ['gateway-office.txt', 'net.is_enterprise_gateway'],
    ['tor-exit-nodes.txt', 'net.is_tor_exit'],
    ['tor-exits.txt', 'net.is_tor_exit'],
    ['README.txt', null],
    ['vpn.txt', null],
    ['vpn-ipv4.csv', null],
    ['constructor-a.txt', null],
  ])('%s tells of %s', (name, fact) => {
    expect(listFactOf(name)).toBe(fact);
  });

  it('comments, empty lines, other ends of lines, single addresses, and no end of the last line', async () => {
    const list = await open(
      '# a list\r\n\r\n1.2.3.0/24 # office\r\n  5.6.7.8\r\n; note\r\n2001:218::/32;x\n9.9.9.9,US,Testburg,',
    );
    expect(list.entries).toBe(4);
    expect(['1.2.3.255', '5.6.7.8', '2001:218::1', '9.9.9.9'].filter((one) => !has(list, one))).toEqual([]);
    expect(['1.2.4.0', '5.6.7.9', '2001:219::'].filter((one) => has(list, one))).toEqual([]);
    expect([list.badLineCount, list.versions]).toEqual([0, [4, 6]]);
  });

  it('the widest and the narrowest networks', async () => {
    const all = await open('0.0.0.0/0\n::/0');
    const one = await open('1.2.3.4/32\n::2/128');
    expect(['0.0.0.0', '255.255.255.255', '::', 'ffff::'].filter((text) => !has(all, text))).toEqual([]);
    expect(['1.2.3.4', '::2'].filter((text) => !has(one, text))).toEqual([]);
    expect(['1.2.3.3', '1.2.3.5', '::1', '::3'].filter((text) => has(one, text))).toEqual([]);
  });

  it('overlapping and unsorted networks are one set', async () => {
    const list = await open('9.0.0.0/8\n1.2.3.0/24\n1.2.0.0/16\n1.2.3.4\n9.1.0.0/16');
    expect(['1.2.3.4', '1.2.255.255', '9.255.0.0'].filter((text) => !has(list, text))).toEqual([]);
    expect(has(list, '1.3.0.0')).toBe(false);
  });

  it('lines that cannot be read are told by number, the first ten of them, and the others count', async () => {
    const bad = [
      '10.0.0.0/33',
      'example.com',
      '10.0.0.1/8',
      '<html>',
      '1.2.3',
      '1.2.3.4-1.2.3.9',
      '999.1.1.1',
    ];
    const lines = [
      '1.1.1.1',
      ...bad,
      '2.2.2.2',
      ...Array.from({ length: 5 }, () => 'x'),
      ...bad.map(() => '3.3.3.3'),
      ...bad.map(() => '4.4.4.4'),
    ];
    const list = await open(lines.join('\n'));
    expect(list.badLineCount).toBe(12);
    expect(list.badLines).toEqual([2, 3, 4, 5, 6, 7, 8, 10, 11, 12]);
    expect(list.entries).toBe(16);
  });

  it.each([
    ['an empty file', '', 'list_empty'],
    ['comments only', '# nothing\n', 'list_empty'],
    ['a page of an error', '<html>\n<body>404</body>\n</html>', 'list_empty'],
    ['mostly nonsense', '1.2.3.4\nx\ny\nz', 'list_unreadable'],
    ['one endless line', 'x'.repeat(5_000_000), 'list_empty'],
  ])('%s is no list', async (_, text, code) => {
    await expect(open(text)).rejects.toMatchObject({ code });
  });

  it('a list without end is refused', async () => {
    await expect(open('1.2.3.4\n'.repeat(500_001))).rejects.toMatchObject({ code: 'list_too_long' });
  });

  it('a list of one version says nothing of the other', async () => {
    await using directory = await emptyDirectory();
    await writeFile(join(directory.path, 'vpn-ipv4.txt'), '1.2.3.0/24\n');
    await using opened = await openAt(directory.path);
    expect(opened.fact('1.2.3.4', 'net.is_anonymous_vpn')).toBe(true);
    expect(opened.fact('5.6.7.8', 'net.is_anonymous_vpn')).toBe(false);
    expect(opened.fact('2001:218::', 'net.is_anonymous_vpn')).toBeUndefined();
  });
});

describe('the list of Tor exits', () => {
  const exporter = `ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E
Published 2026-07-13 01:40:51
LastStatus 2026-07-13 09:00:00
ExitAddress 162.247.74.201 2026-07-13 06:30:00
ExitNode 0111BD2485AD45D984EC4159C88FC066E5E3300E
Published 2026-07-12 01:40:51
LastStatus 2026-07-13 09:00:00
ExitAddress 2001:218::17 2026-07-11 12:00:00
ExitAddress 162.247.74.201 2026-07-12 06:30:00
`;

  it('in the format of its exporter, with the time of each exit', async () => {
    await using directory = await emptyDirectory();
    await writeFile(join(directory.path, 'tor-exit-addresses.txt'), exporter);
    await using opened = await openAt(directory.path);
    const of = (address: string) => [
      opened.fact(address, 'net.is_tor_exit'),
      opened.fact(address, 'net.tor_exit_age_hours'),
    ];
    expect(of('162.247.74.201')).toEqual([true, 5]);
    expect(of('2001:218::17')).toEqual([true, 48]);
    expect(of('162.247.74.202')).toEqual([false, null]);
    expect(opened.network.look('162.247.74.201').view.isVpnOrTor).toBe(true);
  });

  it('as plain addresses, as old as the file', async () => {
    const list = await open('162.247.74.201\n::ffff:1.2.3.4\n', 'tor-exit-nodes.txt');
    const address = readAddress('1.2.3.4');
    assert(address !== null);
    expect([list.contains(address), list.seenAt(address), list.versions]).toEqual([true, +july, [4]]);
  });

  it('networks are no exits', async () => {
    await expect(open('1.2.3.0/24\n', 'tor-exit.txt')).rejects.toMatchObject({ code: 'list_empty' });
  });
});
