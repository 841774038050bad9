import { chmod, mkdir, readFile, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { createLog } from '@selfsame/runtime/log';
import { waitFor } from '@selfsame/testing/wait';
import { describe, expect, it } from 'vitest';
import { openNetwork } from '../../src/outbound/network/network.ts';
import { emptyDirectory, ipData, openAt } from './harness.ts';
import { encodeMmdb, encodeValue } from './mmdb-encoder.ts';

const countries = (country: string, builtAt = '2026-07-01') =>
  encodeMmdb({
    databaseType: 'GeoLite2-Country',
    builtAt: new Date(builtAt),
    networks: [['1.2.3.0/24', { country: { iso_code: country } }]],
  });

/** As vendors' tools do it: written beside, then renamed. */
async function replace(path: string, content: Buffer | string): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

async function prepared(content: Record<string, Buffer | string>) {
  const directory = await emptyDirectory();
  for (const [name, bytes] of Object.entries(content)) await writeFile(join(directory.path, name), bytes);
  const opened = await openAt(directory.path);
  return {
    ...opened,
    path: (name: string) => join(directory.path, name),
    alerts: () => opened.lines.filter(({ level }) => level === 'error'),
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

describe('without data', () => {
  it('no directory: every fact but the address’s own is missing, and nothing failed', async () => {
    await using opened = await openAt(undefined);
    const { facts, view, failed } = opened.network.look('81.2.69.160');
    expect([...facts]).toEqual([
      ['net.ip_version', 'v4'],
      ['net.is_private', false],
    ]);
    expect([view.ipAddress, view.countryCode, failed]).toEqual(['81.2.69.160', '', false]);
    await opened.network.refresh();
    expect(opened.network.status()).toEqual({ files: [], directoryCode: null, isDegraded: false });
  });

  it('an empty directory is the same; a directory that is not there is told', async () => {
    await using directory = await emptyDirectory();
    await using empty = await openAt(directory.path);
    await using none = await openAt(join(directory.path, 'none'));
    expect(empty.network.look('81.2.69.160').facts.size).toBe(2);
    expect(none.network.look('81.2.69.160')).toEqual(empty.network.look('81.2.69.160'));
    await none.network.refresh();
    expect(none.lines.map(({ level, code }) => [level, code])).toEqual([['error', 'ENOENT']]);
    expect(empty.lines).toEqual([]);
    expect(none.network.status()).toEqual({ files: [], directoryCode: 'ENOENT', isDegraded: true });
  });
});

describe('files that change', () => {
  it('a new version is in use after the next look', async () => {
    await using world = await prepared({ 'a.mmdb': countries('DE') });
    expect(world.fact('1.2.3.4', 'net.country_code')).toBe('DE');
    await replace(world.path('a.mmdb'), countries('FR'));
    expect(world.fact('1.2.3.4', 'net.country_code')).toBe('DE');
    await world.network.refresh();
    expect(world.fact('1.2.3.4', 'net.country_code')).toBe('FR');
    expect(world.alerts()).toEqual([]);
  });

  it('a broken one keeps the old in use, with one alert for each change', async () => {
    await using world = await prepared({ 'a.mmdb': countries('DE') });
    await replace(world.path('a.mmdb'), countries('FR').subarray(0, 200));
    for (let look = 0; look < 3; look++) await world.network.refresh();
    expect(world.fact('1.2.3.4', 'net.country_code')).toBe('DE');
    expect(world.network.look('1.2.3.4').failed).toBe(false);
    expect(world.network.status()).toEqual({
      isDegraded: true,
      directoryCode: null,
      files: [{ name: 'a.mmdb', state: 'kept', code: 'mmdb_marker', builtAt: new Date('2026-07-01') }],
    });
    expect(world.alerts()).toMatchObject([{ file: 'a.mmdb', code: 'mmdb_marker', kept: true }]);

    await replace(
      world.path('a.mmdb'),
      await readFile(ipData('bad-mmdb', 'libmaxminddb-oversized-map.mmdb')),
    );
    await world.network.refresh();
    expect(world.alerts()).toMatchObject([{ code: 'mmdb_marker' }, { code: 'mmdb_data' }]);
    await replace(world.path('a.mmdb'), countries('FR'));
    await world.network.refresh();
    expect(world.fact('1.2.3.4', 'net.country_code')).toBe('FR');
    expect(world.network.status().isDegraded).toBe(false);
  });

  it('a file that is overwritten in place and not whole yet keeps the old in use', async () => {
    const next = countries('FR');
    await using world = await prepared({ 'a.mmdb': countries('DE'), 'vpn-a.txt': '1.2.3.4\n' });
    await writeFile(world.path('a.mmdb'), next.subarray(0, next.length - 20));
    await truncate(world.path('vpn-a.txt'));
    await world.network.refresh();
    expect(world.fact('1.2.3.4', 'net.country_code')).toBe('DE');
    expect(world.fact('1.2.3.4', 'net.is_anonymous_vpn')).toBe(true);
    expect(world.alerts().map(({ code }) => code)).toEqual(['mmdb_metadata', 'list_empty']);
    await writeFile(world.path('a.mmdb'), next);
    await world.network.refresh();
    expect(world.fact('1.2.3.4', 'net.country_code')).toBe('FR');
  });

  it('one that was broken from the start makes looks fail until it is gone', async () => {
    await using world = await prepared({ 'a.mmdb': 'no database', 'vpn-a.txt': '1.2.3.4\n' });
    const { facts, failed } = world.network.look('1.2.3.4');
    expect([failed, facts.get('net.is_anonymous_vpn'), facts.has('net.country_code')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(world.alerts()).toMatchObject([{ file: 'a.mmdb', code: 'mmdb_marker', kept: false }]);
    await unlink(world.path('a.mmdb'));
    await world.network.refresh();
    expect(world.network.look('1.2.3.4').failed).toBe(false);
  });

  it('one that was broken from the start fails nothing when others know as much', async () => {
    const everything = encodeMmdb({
      databaseType: 'GeoIP2-Enterprise',
      networks: [
        ['1.2.3.0/24', { country: { iso_code: 'DE' }, traits: { isp: 'Example', is_anonymous_vpn: true } }],
      ],
    });
    await using world = await prepared({ 'a.mmdb': 'no database', 'b.mmdb': everything, 'vpn-a.txt': 'x' });
    expect(world.network.look('1.2.3.4').failed).toBe(false);
    expect(world.network.status().isDegraded).toBe(true);
    await writeFile(world.path('relay-a.txt'), 'x');
    await world.network.refresh();
    expect(world.network.look('1.2.3.4').failed).toBe(true);
  });

  it('one of a kind that nobody needs fails nothing', async () => {
    const useless = encodeMmdb({ databaseType: 'Weather', networks: [['1.2.3.0/24', { sunny: true }]] });
    await using world = await prepared({ 'a.mmdb': useless });
    expect(world.network.look('1.2.3.4').failed).toBe(false);
    expect(world.network.status()).toMatchObject({ isDegraded: false, files: [{ state: 'unknown' }] });
    expect(world.alerts()).toEqual([]);
  });

  it('a file that is gone makes what only it knew missing', async () => {
    await using world = await prepared({ 'a.mmdb': countries('DE'), 'vpn-a.txt': '1.2.3.4\n' });
    await unlink(world.path('a.mmdb'));
    await world.network.refresh();
    expect(world.fact('1.2.3.4', 'net.country_code')).toBeUndefined();
    expect(world.fact('1.2.3.4', 'net.is_anonymous_vpn')).toBe(true);
    await rm(world.path('.'), { recursive: true });
    await world.network.refresh();
    expect(world.network.look('1.2.3.4').facts.size).toBe(2);
  });

  it('links that are turned around, as Kubernetes does with volumes, and directories one level down', async () => {
    await using directory = await emptyDirectory();
    const at = (...path: string[]) => join(directory.path, ...path);
    await Promise.all([
      mkdir(at('..one')),
      mkdir(at('..two')),
      mkdir(at('inner', 'deeper'), { recursive: true }),
    ]);
    await writeFile(at('..one', 'a.mmdb'), countries('DE'));
    await writeFile(at('..two', 'a.mmdb'), countries('FR'));
    await writeFile(at('inner', 'tor-exit.txt'), '1.2.3.4\n');
    await writeFile(at('inner', 'deeper', 'vpn-a.txt'), '1.2.3.4\n');
    await symlink('..one', at('..data'));
    await symlink(join('..data', 'a.mmdb'), at('a.mmdb'));
    await using opened = await openAt(directory.path);
    expect(opened.network.status().files.map(({ name }) => name)).toEqual(['a.mmdb', 'inner/tor-exit.txt']);
    expect(opened.fact('1.2.3.4', 'net.country_code')).toBe('DE');
    await symlink('..two', at('..next'));
    await rename(at('..next'), at('..data'));
    await opened.network.refresh();
    expect(opened.fact('1.2.3.4', 'net.country_code')).toBe('FR');
    expect(opened.fact('1.2.3.4', 'net.is_tor_exit')).toBe(true);
  });

  it('a file that is a directory, a dangling link or too many files at once', async () => {
    await using directory = await emptyDirectory();
    await mkdir(join(directory.path, 'vpn-a.txt'));
    await symlink('nowhere', join(directory.path, 'b.mmdb'));
    await using opened = await openAt(directory.path);
    expect([opened.network.status().files, opened.lines]).toEqual([[], []]);
    const names = Array.from({ length: 101 }, (_, at) => join(directory.path, `vpn-${at}.txt`));
    await Promise.all(names.map((name) => writeFile(name, '1.2.3.4\n')));
    await opened.network.refresh();
    await opened.network.refresh();
    expect(opened.lines.map(({ code }) => code)).toEqual(['too_many_files']);
  });

  it.skipIf(process.getuid?.() === 0)('a file that may not be read is tried again', async () => {
    await using world = await prepared({ 'a.mmdb': countries('DE') });
    await replace(world.path('a.mmdb'), countries('FR'));
    await chmod(world.path('a.mmdb'), 0);
    await world.network.refresh();
    await world.network.refresh();
    expect(world.alerts()).toMatchObject([{ code: 'EACCES', kept: true }]);
    await chmod(world.path('a.mmdb'), 0o644);
    await world.network.refresh();
    expect(world.fact('1.2.3.4', 'net.country_code')).toBe('FR');
  });

  it('lookups go on while files are replaced, and never see anything but a whole one', async () => {
    const list = (await readFile(ipData('lists', 'datacenter-ipv4.txt'))).toString();
    await using world = await prepared({
      'a.mmdb': countries('C0'.replace('0', 'A')),
      'datacenter-a.txt': list,
    });
    const seen = new Set<unknown>();
    let isOver = false;
    const looking = (async () => {
      while (!isOver) {
        const { facts, failed } = world.network.look('1.2.3.4');
        seen.add(`${facts.get('net.country_code')} ${world.fact('1.12.0.1', 'net.is_hosting')} ${failed}`);
        await setImmediate();
      }
    })();
    for (const country of ['CB', 'CC', 'CD', 'CE', 'CF']) {
      await replace(world.path('a.mmdb'), countries(country));
      await replace(world.path('datacenter-a.txt'), `${list}\n# ${country}`);
      await world.network.refresh();
    }
    isOver = true;
    await looking;
    expect([...seen]).toEqual(['A', 'B', 'C', 'D', 'E', 'F'].map((letter) => `C${letter} true false`));
  });

  it('changes are found without being told', async () => {
    await using directory = await emptyDirectory();
    const log = createLog('fraud-signals', 'silent');
    const network = await openNetwork({ directory: directory.path, log, pollIntervalMs: 5 });
    await writeFile(join(directory.path, 'a.mmdb'), countries('DE'));
    await waitFor('the country', () => network.look('1.2.3.4').facts.get('net.country_code') === 'DE');
    await network.close();
  });
});

describe('a database that cannot answer', () => {
  /** Broken in a record that is not among those that are read before a file is believed: there are too many. */
  async function brokenInside() {
    const networks = Array.from({ length: 30_000 }, (_, at) => {
      const octets = [1 + (at >> 14), (at >> 6) & 255, (at & 63) * 4];
      return [`${octets.join('.')}.0/24`, { country: { iso_code: 'DE' }, city: `City ${at}` }] as const;
    });
    const bytes = encodeMmdb({ databaseType: 'GeoLite2-City', ipVersion: 4, networks });
    for (let at = 15_000; at < 15_050; at++) {
      const attempt = Buffer.from(bytes);
      const name = encodeValue(`City ${at}`);
      attempt[attempt.indexOf(name)] = 0x07;
      const world = await prepared({ 'a.mmdb': attempt, 'vpn-a.txt': `${networks[at]?.[0]}\n` });
      if (!world.network.status().isDegraded) {
        return { world, address: String(networks[at]?.[0]).replace('0/24', '7') };
      }
      await world[Symbol.asyncDispose]();
    }
    throw new Error('every record is read');
  }

  it('fails the look, its facts are missing, others’ stay, and the log has no address and one line a minute', async () => {
    const { world, address } = await brokenInside();
    await using _ = world;
    for (let look = 0; look < 5; look++) {
      const { facts, failed } = world.network.look(address);
      expect(failed).toBe(true);
      expect(facts.has('net.country_code')).toBe(false);
      expect(facts.has('net.city')).toBe(false);
      expect(facts.get('net.is_anonymous_vpn')).toBe(true);
    }
    expect(world.network.look('9.9.9.9').failed).toBe(false);
    expect(world.alerts()).toMatchObject([{ file: 'a.mmdb', code: 'mmdb_data' }]);
    expect(JSON.stringify(world.lines)).not.toContain(address);
  });
});
