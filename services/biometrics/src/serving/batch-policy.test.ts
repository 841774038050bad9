import { describe, expect, test } from 'vitest';
import { createArrivalRate } from './arrival-rate.ts';
import { type BatchPolicy, createBatchPolicy } from './batch-policy.ts';

const sizes = [1, 2, 4, 8, 16, 32];
type Curve = (size: number) => number;
/** A core: eight pictures take eight times as long, or somewhat longer. */
const core: Curve = (size) => 25 * size * (size > 4 ? 1.1 : 1);
/** A GPU: launching costs, pictures hardly do. */
const gpu: Curve = (size) => 8 + 0.5 * size;
const measured = (curve: Curve, known = sizes) =>
  Object.fromEntries(known.map((size) => [size, curve(size)]));

/** The same arrivals each time: Poisson by a fixed generator. */
function arrivals(perMs: number, count: number): number[] {
  let seed = 42;
  let now = 0;
  return Array.from({ length: count }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    now += -Math.log((seed + 1) / 2 ** 32) / perMs;
    return now;
  });
}

/** One thread that serves jobs as they come. */
function serve(policy: BatchPolicy, curve: Curve, comes: readonly number[]) {
  const rate = createArrivalRate();
  const batches: number[] = [];
  let [now, next, done, waited] = [0, 0, 0, 0];
  while (done < comes.length) {
    now = Math.max(now, done === next ? (comes[next] ?? 0) : now);
    for (; next < comes.length && (comes[next] ?? 0) <= now; next += 1) rate.note(comes[next] ?? 0);
    const taken = policy.choose(next - done, rate.perMs(now));
    const ms = curve(sizes.find((size) => size >= taken) ?? 32);
    now += ms;
    policy.learn(taken, ms);
    for (const came of comes.slice(done, done + taken)) waited += now - came;
    done += taken;
    batches.push(taken);
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { meanMs: waited / comes.length, lastMs: now, meanBatch: mean(batches), batches };
}

const adaptive = (curve: Curve) => createBatchPolicy({ sizes, costs: measured(curve) });
const fixed = (curve: Curve, fixedSize: number) =>
  createBatchPolicy({ sizes, costs: measured(curve), fixedSize });
const bestFixed = (curve: Curve, comes: readonly number[]) =>
  Math.min(...sizes.map((size) => serve(fixed(curve, size), curve, comes).meanMs));

describe('on a core', () => {
  test('single pictures are handed out, however long the queue', () => {
    const policy = adaptive(core);
    for (const waiting of [1, 2, 3, 10, 100]) expect(policy.choose(waiting, 0.03)).toBe(1);
  });

  test('a size that was never measured is taken for no gain', () => {
    expect(createBatchPolicy({ sizes, costs: { 1: 25 } }).choose(32, 0.03)).toBe(1);
  });

  test('other sizes are tried so seldom that nobody notices', () => {
    const { batches } = serve(
      createBatchPolicy({ sizes: [1, 2, 4], costs: { 1: 25 } }),
      core,
      arrivals(0.039, 5_000),
    );
    const tried = batches.filter((size) => size > 1);
    expect(tried.length).toBeGreaterThan(0);
    expect(tried.length).toBeLessThan(50);
  });
});

describe('on a GPU', () => {
  test('a picture that is alone does not wait for others', () => {
    expect(adaptive(gpu).choose(1, 1)).toBe(1);
  });

  test('batches grow with the load', () => {
    const loads = [0.02, 0.2, 0.6, 1.2].map(
      (perMs) => serve(adaptive(gpu), gpu, arrivals(perMs, 4_000)).meanBatch,
    );
    expect(loads).toEqual(loads.toSorted((one, other) => one - other));
    expect(loads[0]).toBeLessThan(1.3);
    expect(loads.at(-1)).toBeGreaterThan(16);
  });

  test('what waits is taken together and padded rather than cut into sizes', () => {
    expect(adaptive(gpu).choose(7, 0.5)).toBe(7);
  });
});

describe('nobody who knew the load beforehand would have chosen a better size', () => {
  const stepped: Curve = (size) => (size <= 4 ? 10 : size <= 8 ? 18 : 4 * size);
  test.each<[string, Curve, number]>([
    ['a core, half loaded', core, 0.02],
    ['a core, full', core, 0.038],
    ['a GPU, a little loaded', gpu, 0.05],
    ['a GPU, half loaded', gpu, 0.6],
    ['a GPU, full', gpu, 1.25],
    ['a device that gains up to four at once, full', stepped, 0.37],
  ])('%s', (_, curve, perMs) => {
    const comes = arrivals(perMs, 4_000);
    expect(serve(adaptive(curve), curve, comes).meanMs).toBeLessThanOrEqual(bestFixed(curve, comes) / 0.95);
  });
});

test('a device that changes is learned anew, in both directions', () => {
  const policy = adaptive(core);
  serve(policy, gpu, arrivals(0.6, 40_000));
  expect(policy.choose(32, 0.6)).toBeGreaterThan(8);
  serve(policy, core, arrivals(0.039, 40_000));
  expect(policy.choose(32, 0.039)).toBe(1);
});

test('one long pause does not change what a size is thought to cost', () => {
  const policy = adaptive(core);
  const before = policy.expectedMs(1);
  policy.learn(1, 60_000);
  expect(policy.expectedMs(1)).toBeLessThan(before * 1.5);
});

test('the wait for a place in the queue follows the best rate', () => {
  expect(adaptive(core).expectedMs(0)).toBe(0);
  expect(adaptive(core).expectedMs(1)).toBe(25);
  expect(adaptive(core).expectedMs(11)).toBeCloseTo(275);
  expect(adaptive(gpu).expectedMs(33)).toBeCloseTo(32 * (24 / 32) + 8.5);
});

test('a static size takes that many, or what is there', () => {
  const policy = fixed(core, 4);
  expect([1, 3, 4, 9].map((waiting) => policy.choose(waiting, 0))).toEqual([1, 3, 4, 4]);
});
