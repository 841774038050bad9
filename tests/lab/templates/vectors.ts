import { randomOf } from '../../chaos/random.ts';
import { DIMENSIONS } from './scheme.ts';

/** Standard normal values; the same name gives the same ones. Not for secrets. */
export function gaussianOf(...name: readonly (string | number)[]): () => number {
  const random = randomOf(...name);
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    const angle = 2 * Math.PI * random.next();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** Rows of DIMENSIONS standard normal values each, one after the other. */
export function gaussianMatrix(name: string, rows: number): Float32Array {
  const gaussian = gaussianOf(name);
  return Float32Array.from({ length: rows * DIMENSIONS }, gaussian);
}

/** A matrix of `rows` rows times a vector of DIMENSIONS values. */
export function multiply(matrix: ArrayLike<number>, rows: number, vector: ArrayLike<number>): Float64Array {
  const product = new Float64Array(rows);
  const values = Float64Array.from(vector);
  for (let row = 0, at = 0; row < rows; row += 1) {
    let sum = 0;
    for (let index = 0; index < DIMENSIONS; index += 1, at += 1)
      sum += (matrix[at] ?? 0) * (values[index] ?? 0);
    product[row] = sum;
  }
  return product;
}

/** A direction drawn evenly from all. */
export function randomDirection(gaussian: () => number): Float64Array {
  return unit(Float64Array.from({ length: DIMENSIONS }, gaussian));
}

/** The part of a vector across another of length 1, scaled to length 1. */
export function across(vector: Float64Array, direction: Float64Array): Float64Array {
  const along = dot(vector, direction);
  return unit(vector.map((value, index) => value - along * (direction[index] ?? 0)));
}

/** The vector `cosine` away from `direction`, towards `side`, which is across it. */
export function mix(direction: Float64Array, side: Float64Array, cosine: number): Float64Array {
  const sine = Math.sqrt(1 - cosine * cosine);
  return direction.map((value, index) => cosine * value + sine * (side[index] ?? 0));
}

/** Scaled to length 1; a vector without direction stays. */
export function unit(vector: Float64Array): Float64Array {
  const length = Math.sqrt(dot(vector, vector));
  return length > 0 ? vector.map((value) => value / length) : vector;
}

export function dot(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < one.length; index += 1) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return sum;
}
