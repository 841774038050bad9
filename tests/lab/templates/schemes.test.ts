import { expect, test } from 'vitest';
import { ridgeWeights } from './equations.ts';
import { labKey } from './keys.ts';
import type { Scheme } from './scheme.ts';
import { biohash } from './schemes/biohash.ts';
import { indexOfMax } from './schemes/index-of-max.ts';
import { coarseProjection, foldedProjection, rop8 } from './schemes/random-projection.ts';
import { across, gaussianOf, mix, randomDirection } from './vectors.ts';

const schemes: [string, Scheme][] = [
  rop8,
  coarseProjection(4),
  coarseProjection(2),
  foldedProjection,
  biohash(512),
  indexOfMax(64, 16),
].map((scheme) => [scheme.name, scheme]);

test.each(schemes)('%s: likeness falls with the angle, and means nothing across keys', (_, scheme) => {
  const gaussian = gaussianOf('schemes');
  const face = randomDirection(gaussian);
  const side = across(randomDirection(gaussian), face);
  const [project, elsewhere] = [scheme.project(labKey('one')), scheme.project(labKey('other'))];
  const own = scheme.encode(project(face));
  const likeness = [1, 0.8, 0.5, 0].map((cosine) => {
    return scheme.compare(own, scheme.encode(project(mix(face, side, cosine))));
  });
  expect(likeness).toEqual(likeness.toSorted((one, other) => other - one));
  const [self = 0, , half = 0] = likeness;
  expect(scheme.compare(own, own)).toBeCloseTo(self, 12);
  expect(scheme.compare(own, scheme.encode(elsewhere(face)))).toBeLessThan(half);
  expect(scheme.decode(own)).toHaveLength(project(face).length);
});

test('a BioHash keeps the signs', () => {
  const scheme = biohash(256);
  const projection = scheme.project(labKey('signs'))(randomDirection(gaussianOf('signs')));
  expect([...scheme.decode(scheme.encode(projection))]).toEqual(
    [...projection].map((value) => (value < 0 ? -1 : 1)),
  );
});

test('ridge regression solves (K + λI)W = Y', () => {
  // (3 1; 1 3)⁻¹ = (3 -1; -1 3) / 8
  const kernel = [Float64Array.of(2, 1), Float64Array.of(1, 2)];
  const weights = ridgeWeights(kernel, [Float64Array.of(8, 0), Float64Array.of(0, 16)], 1);
  expect(weights.map((row) => [...row].map((value) => Math.round(value * 1e9) / 1e9))).toEqual([
    [3, -2],
    [-1, 6],
  ]);
});
