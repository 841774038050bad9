import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { createRotation } from './rotation.ts';
import { createTransfer, createTransform, PROTECTED_BYTES, protectedCosine } from './transform.ts';

const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const otherKey = Uint8Array.from({ length: 32 }, (_, index) => index + 1);

/** A made-up embedding: a direction that no face has. */
function synthetic(seed: number): Float32Array {
  const values = Float32Array.from({ length: 256 }, (_, index) => Math.sin(seed * (index + 1) ** 1.5));
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

const dot = (one: ArrayLike<number>, other: ArrayLike<number>) =>
  Array.from(one).reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);

/** A vector of the given cosine to another. */
function near(one: Float32Array, cosine: number): Float32Array {
  const other = synthetic(5);
  const along = dot(one, other);
  const rest = other.map((value, index) => value - along * (one[index] ?? 0));
  const length = Math.hypot(...rest);
  const [near, far] = [cosine, Math.sqrt(1 - cosine ** 2)];
  return one.map((value, index) => near * value + (far * (rest[index] ?? 0)) / length);
}

test('the transform is pinned: templates of this release compare with those of the next', () => {
  const template = createTransform(key)(synthetic(1));
  expect(template).toHaveLength(PROTECTED_BYTES);
  expect([...template.subarray(0, 8)]).toEqual([13, 36, 7, -13, 36, -5, 0, -23]);
  expect(createHash('sha256').update(template).digest('hex')).toBe(
    '8432a7ff43ef7ee3c1bfe581284af4ad04a5a14a5eafebeef0a30dccf59cc3da',
  );
});

test.each([-0.2, 0, 0.24, 0.34, 0.426, 0.503, 0.683, 0.95, 1])(
  'a cosine of %f reads the same in the protected domain',
  (cosine) => {
    const protect = createTransform(key);
    const [one, other] = [synthetic(1), near(synthetic(1), cosine)];
    expect(Math.abs(protectedCosine(protect(one), protect(other)) - cosine)).toBeLessThan(0.004);
  },
);

test('under different keys the same face has nothing in common with itself', () => {
  const [protect, protectOtherwise] = [createTransform(key), createTransform(otherKey)];
  const cosines = [1, 2, 3, 4].map((seed) =>
    protectedCosine(protect(synthetic(seed)), protectOtherwise(synthetic(seed))),
  );
  // Four deviations of what chance gives in 256 dimensions.
  expect(cosines.filter((cosine) => Math.abs(cosine) > 4 / 16)).toEqual([]);
});

test('a rotation keeps every length and angle', () => {
  const rotate = createRotation(key, 256);
  for (const [a, b] of [
    [1, 2],
    [3, 3],
  ] as const) {
    const [one, other] = [synthetic(a), synthetic(b)];
    expect(dot(rotate(one), rotate(other))).toBeCloseTo(dot(one, other), 12);
  }
});

test('rotations are spread as Haar measure says', () => {
  const dimensions = 3;
  const draws = 4_000;
  const squares = Array.from({ length: 9 }, () => 0);
  const traces: number[] = [];
  let improper = 0;
  for (let draw = 0; draw < draws; draw += 1) {
    const drawn = Buffer.from(key);
    drawn.writeUInt32LE(draw);
    const rotate = createRotation(drawn, dimensions);
    const [x, y, z] = [rotate([1, 0, 0]), rotate([0, 1, 0]), rotate([0, 0, 1])];
    for (const [index, value] of [...x, ...y, ...z].entries())
      squares[index] = (squares[index] ?? 0) + value ** 2;
    traces.push((x[0] ?? 0) + (y[1] ?? 0) + (z[2] ?? 0));
    const cross = (y[1] ?? 0) * (z[2] ?? 0) - (y[2] ?? 0) * (z[1] ?? 0);
    const second = (y[2] ?? 0) * (z[0] ?? 0) - (y[0] ?? 0) * (z[2] ?? 0);
    const third = (y[0] ?? 0) * (z[1] ?? 0) - (y[1] ?? 0) * (z[0] ?? 0);
    improper += (x[0] ?? 0) * cross + (x[1] ?? 0) * second + (x[2] ?? 0) * third < 0 ? 1 : 0;
  }
  // Every entry has variance 1/n, half of the group mirrors, and the trace has mean 0 and variance 1.
  for (const square of squares) expect(square / draws).toBeCloseTo(1 / 3, 1);
  expect(improper / draws).toBeCloseTo(1 / 2, 1);
  expect(traces.reduce((sum, trace) => sum + trace, 0) / draws).toBeCloseTo(0, 1);
  expect(traces.reduce((sum, trace) => sum + trace ** 2, 0) / draws).toBeCloseTo(1, 1);
});

test('a key or a vector of another length is refused', () => {
  expect(() => createTransform(new Uint8Array(16))).toThrow(RangeError);
  expect(() => createTransform(key)(new Float32Array(128))).toThrow(RangeError);
  expect(() => protectedCosine(new Int8Array(256), new Int8Array(128))).toThrow(RangeError);
});

test('a template taken from one key to another compares as if it had been made there', () => {
  const transfer = createTransfer(key, otherKey);
  for (let seed = 1; seed < 20; seed += 1) {
    const [one, other] = [synthetic(seed), near(synthetic(seed), 0.6)];
    const taken = transfer(createTransform(key)(one));
    expect(protectedCosine(taken, createTransform(otherKey)(other))).toBeCloseTo(dot(one, other), 2);
    expect(Math.abs(protectedCosine(taken, createTransform(key)(one)))).toBeLessThan(0.3);
  }
});
