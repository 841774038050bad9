import { describe, expect, test } from 'vitest';
import { calibrate, percent, QUALITY, qualityScore, SIMILARITY, similarityScore } from './calibration.ts';

describe('the similarity scale', () => {
  test.each([
    [-1, 0, 'the opposite'],
    [0.004, 0.17, "the impostors' mean"],
    [0.24, 10, 'FAR 1e-2'],
    [0.34, 30, 'FAR 1e-3: the standalone decline threshold'],
    [0.426, 50, 'FAR 1e-4: the decline threshold'],
    [0.503, 70, 'FAR 1e-5: the review threshold'],
    [0.564, 90, 'genuine mean - 1 deviation'],
    [0.683, 92.73, 'the genuine mean: an ordinary pair'],
    [1, 100, 'the same picture'],
    [1.000001, 100, 'the same picture, rounded up'],
  ])('%f reads %f (%s)', (cosine, score) => {
    expect(similarityScore(cosine)).toBe(score);
  });
});

test.each([
  ['similarity', SIMILARITY],
  ['quality', QUALITY],
])('%s rises with the raw value and stays within 0..100', (_, calibration) => {
  let previous = -1;
  for (let raw = -1.1; raw <= 1.1; raw += 0.0005) {
    const score = calibrate(calibration, raw);
    expect(score).toBeGreaterThanOrEqual(Math.max(0, previous));
    expect(score).toBeLessThanOrEqual(100);
    previous = score;
  }
  expect(previous).toBe(100);
});

test('quality spreads out what is good', () => {
  expect([0, 0.4, 0.55, 0.6, 0.7].map(qualityScore)).toEqual([0, 40, 70, 91.43, 100]);
});

test('shares become percent and never leave the scale', () => {
  expect([-0.1, 0, 0.12345, 1, 1.1].map(percent)).toEqual([0, 0, 12.35, 100, 100]);
});

test('a measurement that is no number gives no score', () => {
  expect(() => similarityScore(Number.NaN)).toThrow(RangeError);
  expect(() => percent(Number.NaN)).toThrow(RangeError);
});
