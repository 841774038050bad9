import { expect, test } from 'vitest';
import { keepBest } from './best.ts';
import { plainScan } from './plain-scan.ts';
import { BLOCK_RECORDS, idIndex, RECORD_BYTES, recordAddress, TEMPLATE_BYTES } from './records.ts';
import { assembleScan, createScanner } from './scan.ts';

const module = assembleScan();

/** A small generator (mulberry32), so that a failure can be seen again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Fill = (row: number, index: number) => number;

/** Two blocks of records behind the page of probes; ids fall while addresses rise. */
function filled(fill: Fill): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: 3, maximum: 65_536, shared: true });
  const values = new Int8Array(memory.buffer);
  const ids = new Float64Array(memory.buffer);
  for (let row = 0; row < 2 * BLOCK_RECORDS; row += 1) {
    const address = recordAddress(1 + Math.floor(row / BLOCK_RECORDS), row % BLOCK_RECORDS);
    for (let index = 0; index < TEMPLATE_BYTES; index += 1) values[address + index] = fill(row, index);
    ids[idIndex(address)] = 1_000 - row;
  }
  return memory;
}

const next = random(4);
const byte = () => Math.floor(next() * 256) - 128;
const fills: Record<string, Fill> = {
  'random templates': byte,
  'the lowest values everywhere: the largest products': () => -128,
  'the highest values everywhere': () => 127,
  'signs that alternate': (_, index) => (index % 2 === 0 ? 127 : -128),
  'all equal: ties in every place': () => 3,
  'each better than the one before': (row) => Math.min(127, row - 128),
  'one value in one place, another in each record': (row, index) =>
    index === row % TEMPLATE_BYTES ? 100 : 0,
  nothing: () => 0,
};
const probes: Record<string, Int8Array> = {
  random: Int8Array.from({ length: TEMPLATE_BYTES }, byte),
  lowest: new Int8Array(TEMPLATE_BYTES).fill(-128),
  highest: new Int8Array(TEMPLATE_BYTES).fill(127),
  alternating: Int8Array.from({ length: TEMPLATE_BYTES }, (_, index) => (index % 2 === 0 ? -128 : 127)),
};

test.each(Object.keys(fills))('finds what a plain loop finds: %s', (name) => {
  const memory = filled(fills[name] ?? (() => 0));
  const scanner = createScanner(module, memory, 512);
  for (const probe of Object.values(probes)) {
    scanner.aim(probe);
    // Runs that end within a group of four must not judge what lies behind them.
    for (const count of [0, 1, 2, 3, 4, 5, 7, 100, 247, BLOCK_RECORDS]) {
      for (const [keep, floor] of [
        [5, -(2 ** 30)],
        [1, 0],
        [500, -(2 ** 30)],
        [8, 68_160],
      ] as const) {
        const [fast, plain] = [keepBest(keep, floor), keepBest(keep, floor)];
        for (const block of [1, 2]) {
          const [from, to] = [recordAddress(block, 0), recordAddress(block, count)];
          scanner.scan(from, to, fast);
          plainScan(memory.buffer, from, to, probe, plain);
        }
        expect(fast.list()).toEqual(plain.list());
      }
    }
  }
});

test('the best are the same in whatever order they come', () => {
  const offers = Array.from({ length: 200 }, (_, id) => ({ id, dot: Math.floor(next() * 20) }));
  const sorted = [...offers].sort((one, other) => other.dot - one.dot || one.id - other.id).slice(0, 7);
  for (let round = 0; round < 20; round += 1) {
    const best = keepBest(7, 0);
    for (const { id, dot } of offers.sort(() => next() - 0.5)) best.offer(id, dot);
    expect(best.list()).toEqual(sorted);
  }
});

test.each([
  ['that were written after the memory had grown', 3],
  ['beyond 2 GiB', 2 ** 15 + 1],
])('finds records %s', (_, blocks) => {
  const memory = new WebAssembly.Memory({ initial: blocks, maximum: 65_536, shared: true });
  const scanner = createScanner(module, memory, 0);
  memory.grow(1);
  const address = recordAddress(blocks, 0);
  const probe = probes.random ?? new Int8Array();
  new Int8Array(memory.buffer).set(probe, address);
  new Float64Array(memory.buffer)[idIndex(address)] = 77;
  const best = keepBest(1, 1);
  scanner.aim(probe);
  scanner.scan(address, address + RECORD_BYTES, best);
  expect(best.list()).toMatchObject([{ id: 77 }]);
});

test('a probe of another length is refused', () => {
  const memory = filled(byte);
  expect(() => createScanner(module, memory, 0).aim(new Int8Array(255))).toThrow(RangeError);
});
