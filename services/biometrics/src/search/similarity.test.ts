import { expect, test } from 'vitest';
import { PROTECTED_SCALE } from '../protection/transform.ts';
import { SEARCH_DOT_MIN, SEARCH_SCORE_MIN, SEARCH_SIMILARITY, searchScore } from './similarity.ts';

test.each([
  [-0.3, 0, 'the opposite'],
  [0.426, 50, 'FAR 1e-4: where matches begin'],
  [0.503, 62, 'FAR 1e-5: possibly the same, by default'],
  [0.564, 68, 'one deviation below genuine pairs: most likely the same, by default'],
  [0.683, 82, 'the genuine mean'],
  [1, 100, 'the same picture'],
  [1.01, 100, 'the same picture, rounded up'],
])('a cosine of %f reads %f: %s', (cosine, score) => {
  expect(searchScore(cosine / PROTECTED_SCALE)).toBeCloseTo(score, 1);
});

test('the scale rises all the way', () => {
  for (const [index, [raw, score]] of SEARCH_SIMILARITY.entries()) {
    const [lower, below] = SEARCH_SIMILARITY[index - 1] ?? [-1, -1];
    expect([raw > lower, score > below]).toEqual([true, true]);
  }
});

test('the floor of the scan is the first product that reads the lowest score that is told', () => {
  expect(searchScore(SEARCH_DOT_MIN)).toBe(SEARCH_SCORE_MIN);
  expect(searchScore(SEARCH_DOT_MIN - 1)).toBeLessThan(SEARCH_SCORE_MIN);
});
