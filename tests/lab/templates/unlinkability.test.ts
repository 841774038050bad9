import { expect, test } from 'vitest';
import { unlinkability } from './unlinkability.ts';

test('scores that never meet link everything; the same scores link nothing', () => {
  expect(unlinkability([1, 1, 1], [0, 0, 0], { bins: 2 }).system).toBe(1);
  expect(unlinkability([0, 1, 2, 3], [0, 1, 2, 3], { bins: 4 }).system).toBe(0);
});

test('worked by hand: three to one in one range, one to three in the other', () => {
  // LR = 3 and 1/3: D(high) = 2·3/4 - 1 = 1/2, D(low) = 0, and three of four mated scores are high.
  const [mated, nonMated] = [
    [0, 1, 1, 1],
    [0, 0, 0, 1],
  ];
  const { system, local } = unlinkability(mated, nonMated, { bins: 2 });
  expect(system).toBeCloseTo(0.375, 12);
  expect(local).toMatchObject([
    { low: 0, high: 0.5, mated: 0.25, nonMated: 0.75, linkability: 0 },
    { low: 0.5, high: 1, mated: 0.75, nonMated: 0.25, linkability: 0.5 },
  ]);
  // With ω = 2 the odds are 6 and 2/3: D(high) = 12/7 - 1.
  expect(unlinkability(mated, nonMated, { bins: 2, omega: 2 }).system).toBeCloseTo((0.75 * 5) / 7, 12);
});

test('a score that only mated templates have links them wholly', () => {
  expect(unlinkability([0, 0, 2, 2], [0, 0, 1, 1], { bins: 3 }).system).toBe(0.5);
});

test('the number of ranges is a tenth of the mated scores, a hundred at most', () => {
  const scores = (count: number) => Float64Array.from({ length: count }, (_, index) => index);
  expect(unlinkability(scores(50), scores(50)).local).toHaveLength(5);
  expect(unlinkability(scores(5_000), scores(5_000)).local).toHaveLength(100);
  expect(() => unlinkability([], [1])).toThrow(RangeError);
});
