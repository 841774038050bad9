import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { assetsDirectory } from '@selfsame/testing/assets';
import fc from 'fast-check';
import { Reader } from 'maxmind';
import { describe, expect, it } from 'vitest';
import { readAddress } from '../../src/domain/addresses.ts';
import { openDatabaseSource } from '../../src/outbound/network/database-source.ts';
import { openMmdb } from '../../src/outbound/network/mmdb.ts';
import type { MmdbValue } from '../../src/outbound/network/mmdb-values.ts';
import { type Encodable, encodeMmdb, encodeValue, pointerTo, Raw } from './mmdb-encoder.ts';

const folder = join(assetsDirectory(), 'ipdata');
const goodFiles = readdirSync(join(folder, 'mmdb'));
const badFiles = readdirSync(join(folder, 'bad-mmdb'));
const good = (name: string) => readFileSync(join(folder, 'mmdb', name));
const aMinute = () => AbortSignal.timeout(60_000);

/** What a file has of an address, as plain values; null: nothing. */
function lookUp(bytes: Buffer, text: string): { value: unknown; prefixLength: number } | null {
  const mmdb = openMmdb(bytes);
  const address = readAddress(text);
  const found = address === null ? null : mmdb.find(address);
  return found && { value: plain(mmdb.read(found.offset)), prefixLength: found.prefixLength };
}

function plain(value: MmdbValue): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

describe('a file says the same to us as to its vendor’s readers', () => {
  const known = ['81.2.69.160', '2.125.160.216', '89.160.20.112', '216.160.83.56', '1.2.0.0', '1.128.0.0'];
  const alsoV6 = ['2001:218::', '2a02:cf40::', '2003::1', '::1.128.0.0', '2002:5102:45a0::', 'ffff::', '::'];

  it.each(goodFiles)('%s', (name) => {
    const bytes = good(name);
    const mmdb = openMmdb(bytes);
    const reader = new Reader(bytes);
    const same = (text: string) => {
      const address = readAddress(text);
      const found = address === null ? null : mmdb.find(address);
      const [value, prefixLength] = reader.getWithPrefixLength(text);
      expect(found && plain(mmdb.read(found.offset)), text).toEqual(value);
      if (found !== null) expect(found.prefixLength, text).toBe(prefixLength);
    };
    [...known, ...alsoV6].forEach(same);
    fc.assert(fc.property(fc.ipV4(), same), { numRuns: 300 });
    fc.assert(fc.property(fc.ipV6(), same), { numRuns: 100 });
  });

  it.each([24, 28, 32] as const)('in nodes of two %i bits', (recordSize) => {
    const bytes = encodeMmdb({
      databaseType: 'GeoLite2-ASN',
      recordSize,
      networks: [
        ['1.0.0.0/8', { asn: 1 }],
        ['1.2.3.0/24', { asn: 2 }],
        ['1.2.3.4', { asn: 3 }],
        ['2001:218::/32', { asn: 4 }],
        ['ffff::/16', { asn: 5 }],
      ],
    });
    const answer = (text: string) => lookUp(bytes, text);
    expect(answer('1.255.0.0')).toEqual({ value: { asn: 1 }, prefixLength: 9 });
    expect(answer('1.2.3.5')?.value).toEqual({ asn: 2 });
    expect(answer('1.2.3.4')).toEqual({ value: { asn: 3 }, prefixLength: 32 });
    expect(answer('::ffff:1.2.3.4')).toEqual({ value: { asn: 3 }, prefixLength: 32 });
    expect(answer('2001:218:1::')).toEqual({ value: { asn: 4 }, prefixLength: 32 });
    expect(answer('ffff:1::')?.value).toEqual({ asn: 5 });
    expect(answer('2.0.0.0')).toBeNull();
    expect(new Reader(bytes).get('1.2.3.4')).toEqual({ asn: 3 });
  });

  it('every kind of value', () => {
    const long = 'x'.repeat(70_000);
    const record: Encodable = {
      text: 'Östergötland',
      middle: 'y'.repeat(300),
      long,
      double: -0.0931,
      float: new Raw(0x04, 0x08, 0x3f, 0x80, 0, 0),
      negative: -5,
      short: new Raw(0x01, 0x01, 0xff),
      whole: 4_294_967_295,
      big: 2n ** 63n,
      bigger: 2n ** 100n,
      small: 2n ** 40n,
      zero: 0,
      yes: true,
      no: false,
      bytes: Uint8Array.of(1, 2, 255),
      list: ['a', ['b'], {}],
      ['__proto__']: { polluted: true },
    };
    const bytes = encodeMmdb({ databaseType: 'x', networks: [['1.2.3.4', record]] });
    expect(lookUp(bytes, '1.2.3.4')?.value).toEqual({
      ...record,
      float: 1,
      short: 255,
      bytes: Uint8Array.of(1, 2, 255),
      small: 2 ** 40,
    });
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('a file for IPv4 knows nothing of IPv6', () => {
    const bytes = encodeMmdb({ databaseType: 'x', ipVersion: 4, networks: [['0.0.0.0/0', { asn: 1 }]] });
    expect(lookUp(bytes, '1.2.3.4')).toBeNull();
    const halves = encodeMmdb({ databaseType: 'x', ipVersion: 4, networks: [['0.0.0.0/1', { asn: 1 }]] });
    expect(lookUp(halves, '1.2.3.4')?.prefixLength).toBe(1);
    expect(lookUp(halves, '200.2.3.4')).toBeNull();
    expect(lookUp(halves, '2001:218::')).toBeNull();
  });
});

describe('a hostile file is refused with a reason', () => {
  /** By file: why. Two are as the format wants them, and merely of no use. */
  const reasons: Record<string, string> = {
    'bad-unicode-in-map-key.mmdb': 'mmdb_tree',
    'cyclic-data-structure.mmdb': 'mmdb_metadata',
    'invalid-bytes-length.mmdb': 'mmdb_metadata',
    'invalid-data-record-offset.mmdb': 'mmdb_metadata',
    'invalid-map-key-length.mmdb': 'mmdb_metadata',
    'invalid-string-length.mmdb': 'mmdb_metadata',
    'libmaxminddb-corrupt-search-tree.mmdb': 'mmdb_tree',
    'libmaxminddb-deep-array-nesting.mmdb': 'mmdb_data',
    'libmaxminddb-deep-nesting.mmdb': 'mmdb_data',
    'libmaxminddb-empty-array-last-in-metadata.mmdb': 'kind_unknown',
    'libmaxminddb-empty-map-last-in-metadata.mmdb': 'kind_unknown',
    'libmaxminddb-metadata-marker-only.mmdb': 'mmdb_metadata',
    'libmaxminddb-offset-integer-overflow.mmdb': 'mmdb_metadata',
    'libmaxminddb-oversized-array.mmdb': 'mmdb_data',
    'libmaxminddb-oversized-map.mmdb': 'mmdb_data',
    'libmaxminddb-separator-record-max-left.mmdb': 'mmdb_tree',
    'libmaxminddb-separator-record-min-left.mmdb': 'mmdb_tree',
    'libmaxminddb-separator-record-min-right.mmdb': 'mmdb_tree',
    'libmaxminddb-uint64-max-epoch.mmdb': 'mmdb_metadata',
    'metadata-is-an-uint128.mmdb': 'mmdb_metadata',
    'unexpected-bytes.mmdb': 'mmdb_metadata',
  };

  it('every one of the collection, with 64 MB and a deadline for all of them', async () => {
    const paths = badFiles.map((name) => join(folder, 'bad-mmdb', name));
    const worker = new Worker(new URL('./open-files-worker.ts', import.meta.url), {
      workerData: paths,
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 },
    });
    const told: { path: string; code: string; message: string }[] = [];
    worker.on('message', (one) => told.push(one));
    const ended = new Promise<number>((resolve, reject) => {
      worker.on('exit', resolve);
      worker.on('error', reject);
    });
    const killer = setTimeout(() => void worker.terminate(), 25_000);
    expect(await ended, `ended after ${told.at(-1)?.path}`).toBe(0);
    clearTimeout(killer);
    expect(Object.fromEntries(told.map(({ path, code }) => [path.split('/').at(-1), code]))).toEqual(reasons);
    expect(told.filter(({ message }) => message.length < 20 || message.length > 250)).toEqual([]);
  });

  const opened = async (bytes: Buffer) =>
    openDatabaseSource('a.mmdb', bytes, aMinute()).then(
      () => 'fine',
      (error) => `${error.code}: ${error.message}`,
    );
  const withRecord = (record: Encodable) =>
    opened(encodeMmdb({ databaseType: 'GeoLite2-City', networks: [['1.2.3.4', record]] }));

  it('a record that unfolds into any size by pointing at itself', async () => {
    expect(await withRecord({ a: pointerTo(0) })).toMatch(/^mmdb_data: A record nests too deep/);
  });

  it('a small file whose lists of lists would be a billion values', async () => {
    const bottom = encodeValue(['end', 'end']);
    const tenTimes = (offset: number) => encodeValue(Array.from({ length: 10 }, () => pointerTo(offset)));
    const size = tenTimes(0).length;
    const levels = Array.from({ length: 9 }, (_, at) =>
      tenTimes(at === 0 ? 0 : bottom.length + (at - 1) * size),
    );
    const bytes = encodeMmdb({
      databaseType: 'GeoLite2-City',
      networks: [
        ['1.2.3.4', new Raw(...bottom, ...levels.flatMap((level) => [...level]))],
        ['1.2.3.8', [pointerTo(bottom.length + 8 * size)]],
      ],
    });
    expect(bytes.length).toBeLessThan(2_000);
    expect(await opened(bytes)).toMatch(/^mmdb_data: A record has too many values/);
  });

  it.each([
    ['a pointer to a pointer', [pointerTo(7), pointerTo(0)], /pointer leads to a pointer/],
    ['a pointer out of the data', { a: pointerTo(70_000) }, /leads out of the data/],
    ['a key that is no text', new Raw(0xe1, 0xa1, 1, 0x41, 0x61), /A key is no text/],
    ['a list longer than the file', new Raw(0x1f, 4, 0xff, 0xff, 0xff), /goes on beyond the end/],
    ['a text longer than the file', new Raw(0x5d, 0xff, 0xff, 0xff), /goes on beyond the end/],
    ['a text of 16 MB', new Raw(0x5f, 0xff, 0xff, 0xff), /too much text/],
    ['a double of three bytes', { a: new Raw(0x63, 1, 2, 3) }, /wrong length/],
    ['a number of five bytes', { a: new Raw(0xc5, 1, 2, 3, 4, 5) }, /too long/],
    ['a flag of seven', { a: new Raw(7, 7) }, /neither true nor false/],
    ['a container', { a: new Raw(1, 5) }, /no known type/],
    ['text that is no UTF-8', { a: new Raw(0x42, 0xc3, 0x28) }, /no UTF-8/],
  ])('%s', async (_, record, reason) => {
    expect(await withRecord(record as Encodable)).toMatch(reason);
  });

  it('a search tree that runs in a circle', async () => {
    const bytes = encodeMmdb({
      databaseType: 'GeoLite2-City',
      networks: [['1.2.3.4', { country_code: 'DE' }]],
    });
    // The second node leads back to the first.
    bytes.writeUIntBE(0, 6, 3);
    expect(await opened(bytes)).toMatch(/^mmdb_tree: The search tree runs in a circle/);
    const mmdb = openMmdb(bytes);
    const address = readAddress('::');
    expect(() => address && mmdb.find(address)).toThrow(/deeper than addresses are long/);
  });

  it.each([
    ['a tree larger than the file', { node_count: 4_000_000 }],
    ['no nodes', { node_count: 0 }],
    ['a format of tomorrow', { binary_format_major_version: 3 }],
    ['records of 20 bits', { record_size: 20 }],
    ['IP version 5', { ip_version: 5 }],
    ['a type that is a number', { database_type: 7 }],
    ['a type of a thousand letters', { database_type: 'x'.repeat(1_000) }],
    ['a date in the year 2255', { build_epoch: 9_000_000_000n }],
  ])('%s', async (_, metadata) => {
    const bytes = encodeMmdb({ databaseType: 'x', networks: [['1.2.3.4', { asn: 1 }]], metadata });
    expect(await opened(bytes)).toMatch(/^mmdb_metadata: /);
  });

  it.each([Buffer.alloc(0), Buffer.from('<html>404</html>'), Buffer.alloc(300_000, 7)])(
    'a file of something else',
    async (bytes) => {
      expect(await opened(bytes)).toMatch(/^mmdb_marker: /);
    },
  );

  it('good files that were cut off or damaged anywhere are refused or answer, and never anything else', async () => {
    const name = fc.constantFrom(...goodFiles.filter((file) => !file.includes('ISP')));
    const flips = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), {
      maxLength: 8,
    });
    const damage = fc.tuple(name, flips, fc.option(fc.double({ min: 0, max: 1, noNaN: true })));
    await fc.assert(
      fc.asyncProperty(damage, async ([file, changes, cutAt]) => {
        const bytes = good(file);
        for (const [at, value] of changes) bytes[Math.floor(at * (bytes.length - 1))] = value;
        const left = cutAt === null ? bytes : bytes.subarray(0, Math.floor(cutAt * bytes.length));
        const failures: unknown[] = [];
        const source = await openDatabaseSource(file, left, aMinute()).catch((error) => failures.push(error));
        for (const text of ['81.2.69.160', '2001:218::', '89.160.20.112', '255.255.255.255', '::']) {
          const address = readAddress(text);
          if (address === null || typeof source === 'number') continue;
          try {
            source.look(address);
          } catch (error) {
            failures.push(error);
          }
        }
        for (const failure of failures) expect(failure).toHaveProperty('name', 'Failure');
      }),
      { numRuns: 150 },
    );
  });
});
