/**
 * Names the space an embedding lives in: model and alignment. Embeddings of different spaces never compare; change
 * this whenever the embedder's weights or its crop change.
 */
export const EMBEDDING_SPACE = 'reid0095-mesh5';

/** A copy scaled to length 1. @throws RangeError when the model gave no direction (all zeros or not a number). */
export function normalised(values: Float32Array): Float32Array<ArrayBuffer> {
  let sum = 0;
  for (const value of values) sum += value * value;
  const length = Math.sqrt(sum);
  if (!(length > 0) || !Number.isFinite(length)) throw new RangeError('an embedding without direction');
  return values.map((value) => value / length);
}

/** Cosine -1..1 of two normalised embeddings. */
export function cosine(one: Float32Array, other: Float32Array): number {
  if (one.length !== other.length) throw new RangeError('embeddings differ in length');
  let sum = 0;
  for (let index = 0; index < one.length; index += 1) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return sum;
}
