import { expect, test } from 'vitest';
import { crossPairs, thresholdFor } from './verification.ts';

const scores = { genuine: [0.2, 0.5, 0.6, 0.9], impostor: [-0.1, 0, 0.1, 0.3] };

test('a rate that the pairs are too few to show has no threshold', () => {
  const threshold = thresholdFor(scores, 0.25) ?? 0;
  expect(scores.impostor.filter((cosine) => cosine >= threshold)).toEqual([0.3]);
  expect(thresholdFor(scores, 0.1)).toBeUndefined();
});

test('people are known by their genuine pairs, also through others; listed pairs are not made again', () => {
  const pair = (a: string, b: string, same: boolean) => ({ a, b, same, group: '' });
  const made = crossPairs([pair('a1', 'a2', true), pair('a2', 'a3', true), pair('b1', 'a1', false)]);
  expect(made.map(({ a, b }) => `${a} ${b}`)).toEqual(['a2 b1', 'a3 b1']);
});
