import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addLeaf,
  consistencyProof,
  inclusionProof,
  leafHash,
  type NodeId,
  peaksOf,
  rootOf,
} from './merkle.ts';

/** Written from RFC 9162 sections 2.1.1 to 2.1.4 alone, over leaves and not over stored nodes. */
const rfc = {
  hash: (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest(),
  half(n: number) {
    let k = 1;
    while (k * 2 < n) k *= 2;
    return k;
  },
  mth(d: Buffer[]): Buffer {
    if (d.length === 0) return rfc.hash();
    if (d.length === 1) return rfc.hash(Buffer.of(0), d[0] as Buffer);
    const k = rfc.half(d.length);
    return rfc.hash(Buffer.of(1), rfc.mth(d.slice(0, k)), rfc.mth(d.slice(k)));
  },
  path(m: number, d: Buffer[]): Buffer[] {
    if (d.length === 1) return [];
    const k = rfc.half(d.length);
    if (m < k) return [...rfc.path(m, d.slice(0, k)), rfc.mth(d.slice(k))];
    return [...rfc.path(m - k, d.slice(k)), rfc.mth(d.slice(0, k))];
  },
  subproof(m: number, d: Buffer[], b: boolean): Buffer[] {
    if (m === d.length) return b ? [] : [rfc.mth(d)];
    const k = rfc.half(d.length);
    if (m <= k) return [...rfc.subproof(m, d.slice(0, k), b), rfc.mth(d.slice(k))];
    return [...rfc.subproof(m - k, d.slice(k), false), rfc.mth(d.slice(0, k))];
  },
  /** Section 2.1.3.2. */
  includes(leaf: Buffer, index: number, size: number, path: Buffer[], root: Buffer): boolean {
    let [fn, sn, r] = [index, size - 1, leaf];
    for (const p of path) {
      if (sn === 0) return false;
      if (fn % 2 === 1 || fn === sn) {
        r = rfc.hash(Buffer.of(1), p, r);
        if (fn % 2 === 0) while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
      } else r = rfc.hash(Buffer.of(1), r, p);
      [fn, sn] = [fn >> 1, sn >> 1];
    }
    return sn === 0 && r.equals(root);
  },
  /** Section 2.1.4.2. */
  isConsistent(
    first: number,
    second: number,
    proof: Buffer[],
    firstRoot: Buffer,
    secondRoot: Buffer,
  ): boolean {
    const path = Number.isInteger(Math.log2(first)) ? [firstRoot, ...proof] : [...proof];
    let [fn, sn] = [first - 1, second - 1];
    while (fn % 2 === 1) [fn, sn] = [fn >> 1, sn >> 1];
    const start = path.shift() as Buffer;
    let [fr, sr] = [start, start];
    for (const c of path) {
      if (sn === 0) return false;
      if (fn % 2 === 1 || fn === sn) {
        fr = rfc.hash(Buffer.of(1), c, fr);
        sr = rfc.hash(Buffer.of(1), c, sr);
        if (fn % 2 === 0) while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
      } else sr = rfc.hash(Buffer.of(1), sr, c);
      [fn, sn] = [fn >> 1, sn >> 1];
    }
    return fr.equals(firstRoot) && sr.equals(secondRoot) && sn === 0;
  },
};

/** A tree as the service keeps it: stored nodes only. */
function grown(leaves: Buffer[]) {
  const stored = new Map<string, Buffer>();
  let peaks: Buffer[] = [];
  leaves.forEach((leaf, size) => {
    const known = peaksOf(size).map(({ level, position }) => stored.get(`${level}/${position}`) as Buffer);
    expect(known).toEqual(peaks);
    const next = addLeaf(size, known, leafHash(leaf));
    for (const { level, position, hash } of next.nodes) stored.set(`${level}/${position}`, hash);
    peaks = next.peaks;
  });
  const find = async (ids: readonly NodeId[]) =>
    ids.map(({ level, position }) => {
      const hash = stored.get(`${level}/${position}`);
      if (hash === undefined) throw new Error(`no node ${level}/${position}`);
      return hash;
    });
  return { root: rootOf(peaks), find };
}

test('the tree has the roots that are published for it', () => {
  const leaves = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ].map((hex) => Buffer.from(hex, 'hex'));
  // Of the reference data of Certificate Transparency, whose tree this is.
  const roots = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ];
  roots.forEach((root, size) => {
    expect(grown(leaves.slice(0, size)).root.toString('hex')).toBe(root);
  });
});

test('every tree up to 40 leaves proves what the RFC proves, for every leaf and every former size', async () => {
  const all = Array.from({ length: 40 }, (_, at) => Buffer.from(`leaf ${at}`));
  for (let size = 1; size <= all.length; size += 1) {
    const leaves = all.slice(0, size);
    const { root, find } = grown(leaves);
    expect(root).toEqual(rfc.mth(leaves));
    for (let index = 0; index < size; index += 1) {
      const path = await inclusionProof(find, index, size);
      expect(path).toEqual(rfc.path(index, leaves));
      expect(rfc.includes(leafHash(leaves[index] as Buffer), index, size, path, root)).toBe(true);
    }
    for (let former = 1; former < size; former += 1) {
      const proof = await consistencyProof(find, former, size);
      expect(proof).toEqual(rfc.subproof(former, leaves, true));
      expect(rfc.isConsistent(former, size, proof, rfc.mth(leaves.slice(0, former)), root)).toBe(true);
    }
  }
});

test('a proof of one leaf proves no other one, and none of another tree', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 200 }),
      fc.nat(),
      fc.nat(),
      async (texts, one, other) => {
        const leaves = texts.map((text) => Buffer.from(text));
        const size = leaves.length;
        const index = one % size;
        const { root, find } = grown(leaves);
        const path = await inclusionProof(find, index, size);
        expect(rfc.includes(leafHash(leaves[index] as Buffer), index, size, path, root)).toBe(true);
        const wrong = (index + 1 + (other % (size - 1))) % size;
        expect(rfc.includes(leafHash(leaves[wrong] as Buffer), index, size, path, root)).toBe(false);
        const shorter = grown(leaves.slice(0, -1)).root;
        expect(rfc.includes(leafHash(leaves[index] as Buffer), index, size, path, shorter)).toBe(false);
      },
    ),
    { numRuns: 60 },
  );
});

test('a log of a million entries is proved with twenty hashes', async () => {
  const asked: NodeId[] = [];
  const find = async (ids: readonly NodeId[]) => {
    asked.push(...ids);
    return ids.map(() => Buffer.alloc(32));
  };
  expect(await inclusionProof(find, 123_456, 1_000_000)).toHaveLength(20);
  // What lies at the ragged end is made of a few more.
  expect(asked.length).toBeLessThan(40);
});
