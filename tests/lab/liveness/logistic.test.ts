import { expect, test } from 'vitest';
import { fitLogistic, type Sample } from './logistic.ts';

const sample = (source: string, live: boolean, ...cues: number[]): Sample => ({ source, live, cues });

test('a cue that separates gets its sign, one that does not gets next to nothing', () => {
  const samples = [-2, -1, 0, 1, 2].flatMap((value) =>
    [-1, 1].flatMap((idle) => [
      sample('attack', false, value - 1, idle),
      sample('person', true, value + 1, idle),
    ]),
  );
  const [, separating = 0, idle = 0] = fitLogistic(samples, 2);
  expect(separating).toBeGreaterThan(0.5);
  expect(Math.abs(idle)).toBeLessThan(0.05);
});

test('a source with many samples weighs no more than one with few', () => {
  const few = [sample('a', false, -1), sample('b', false, 0.5), sample('c', true, 1)];
  const many = [...few, ...Array.from({ length: 50 }, () => sample('b', false, 0.5))];
  const [one, other] = [fitLogistic(few, 1), fitLogistic(many, 1)];
  for (const [index, weight] of one.entries()) expect(weight).toBeCloseTo(other[index] ?? 0, 6);
});
