import { describe, expect, test } from 'vitest';
import { clopperPearson, eer, errorCurve, ratesAt, spread, tarAtFar, thresholdAtFar } from './statistics.ts';

describe('Clopper-Pearson intervals', () => {
  // The ends of nothing and all have closed forms; the rest are tabulated values.
  test.each([
    [0, 10, 0, 1 - 0.025 ** (1 / 10)],
    [10, 10, 0.025 ** (1 / 10), 1],
    [0, 1685, 0, 1 - 0.025 ** (1 / 1685)],
    [5, 10, 0.1871, 0.8129],
    [1, 20, 0.0013, 0.2487],
    [81, 263, 0.2527, 0.3676],
  ])('%i of %i', (successes, trials, low, high) => {
    const interval = clopperPearson(successes, trials);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test('hold for a million trials, and are narrower with less confidence', () => {
    const wide = clopperPearson(1_000, 1_000_000);
    // The normal approximation is good to some 3e-6 here.
    expect(wide.low).toBeCloseTo(0.001 - 1.96 * Math.sqrt(0.001 / 1e6), 5);
    expect(wide.high).toBeCloseTo(0.001 + 1.96 * Math.sqrt(0.001 / 1e6), 5);
    const narrow = clopperPearson(1_000, 1_000_000, 0.5);
    expect(narrow.low).toBeGreaterThan(wide.low);
    expect(narrow.high).toBeLessThan(wide.high);
  });

  test('of nothing tried there are none', () => {
    expect(() => clopperPearson(0, 0)).toThrow(RangeError);
    expect(() => clopperPearson(3, 2)).toThrow(RangeError);
  });
});

const genuine = [0.9, 0.8, 0.7, 0.4];
const impostor = [0.5, 0.3, 0.2, 0.1, 0];

test('rates count a score at the threshold as accepted', () => {
  expect(ratesAt(genuine, impostor, 0.5)).toEqual({ threshold: 0.5, fmr: 0.2, fnmr: 0.25 });
  expect(ratesAt(genuine, impostor, 0.51)).toEqual({ threshold: 0.51, fmr: 0, fnmr: 0.25 });
});

test('the curve has one point a score and falls from all to none', () => {
  const curve = [...errorCurve(genuine, [...impostor, 0.4])];
  expect(curve.map(({ threshold }) => threshold)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9]);
  expect(curve[0]).toEqual({ threshold: 0, fmr: 1, fnmr: 0 });
  expect(curve[5]).toEqual({ threshold: 0.5, fmr: 1 / 6, fnmr: 0.25 });
  expect(curve.at(-1)).toEqual({ threshold: 0.9, fmr: 0, fnmr: 0.75 });
});

test('the equal error rate lies where the curves meet', () => {
  expect(eer(genuine, impostor)).toEqual({ rate: 0.225, threshold: 0.5 });
  expect(eer([2, 3], [0, 1])).toEqual({ rate: 0, threshold: 2 });
  expect(eer([0, 1], [0, 1]).rate).toBe(0.5);
});

test('accepts at a false accept rate, and what the threshold lets through', () => {
  expect(tarAtFar(genuine, impostor, 0)).toMatchObject({ tar: 0.75, accepted: 3, trials: 4 });
  expect(tarAtFar(genuine, impostor, 0.2)).toMatchObject({ tar: 1, accepted: 4 });
  for (const far of [0, 0.2, 0.4, 0.99, 1]) {
    expect(ratesAt(genuine, impostor, thresholdAtFar(impostor, far)).fmr).toBeLessThanOrEqual(far);
  }
  // Equal scores go together: two of three above would be too many.
  expect(ratesAt([1], [1, 1, 0], thresholdAtFar([1, 1, 0], 0.34)).fmr).toBe(0);
});

test('mean and deviation', () => {
  expect(spread([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, deviation: Math.sqrt(32 / 7) });
});
