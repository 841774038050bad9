import { createReturn, createRotation } from './rotation.ts';

/**
 * The only form of a face that is stored or compared: 256 values -127..127. Two of one key compare; two of different
 * keys have nothing to do with each other.
 */
export type ProtectedTemplate = Int8Array;

/** Names how an embedding becomes a protected template; templates of different formats never compare. */
export const PROTECTED_FORMAT = 'rop8';

/** Values of an embedding, and bytes of a protected template. */
export const PROTECTED_BYTES = 256;

/**
 * Steps to the length of the embedding. A turned coordinate deviates by 1/16 from zero, so that the ends, ±127, lie at
 * five deviations: one template in ten thousand has a coordinate that is cut there. Rounding moves a cosine by 0.001.
 */
const STEPS = 400;
const VALUE_MAX = 127;

/** What a transform keeps in memory: the reflections of its rotation, 1 to 256 values and two more each, as float64. */
export const TRANSFORM_BYTES = 8 * ((PROTECTED_BYTES * (PROTECTED_BYTES + 1)) / 2 + 2 * PROTECTED_BYTES);

/** What one unit of the integer dot product of two protected templates is worth as a cosine. */
export const PROTECTED_SCALE = 1 / STEPS ** 2;

/**
 * Random orthogonal projection: an embedding is turned by the key's rotation and rounded to eight bits. Angles stay, so
 * templates of one key compare as the embeddings do; directions are the key's, so those of two keys do not compare at all.
 * Teoh, Goh and Ngo ("Random multispace quantization as an analytic mechanism for BioHashing of biometric and random
 * identity inputs", IEEE TPAMI 28(12), 2006) describe projection onto keyed orthonormal bases and its quantisation;
 * Wang and Plataniotis ("An analysis of random projection for changeable and privacy-preserving biometric
 * verification", IEEE Trans. SMC-B 40(5), 2010) what projection keeps. Key and template together give the embedding back
 * (docs/template-protection.md).
 *
 * Making one takes about 2 ms and 270 kB, protecting an embedding 0.1 ms.
 * @param key 32 bytes, of one application and key version
 * @throws RangeError when the key has another length
 * @returns of a normalised embedding of 256 values its protected template
 */
export function createTransform(key: Uint8Array): (embedding: Float32Array) => ProtectedTemplate {
  const rotate = createRotation(key, PROTECTED_BYTES);
  return (embedding) => quantise(rotate(embedding));
}

/** Rounds turned coordinates to eight bits. */
export function quantise(turned: Float64Array): ProtectedTemplate {
  return Int8Array.from(turned, (value) =>
    Math.max(-VALUE_MAX, Math.min(VALUE_MAX, Math.round(value * STEPS))),
  );
}

/**
 * Takes a template from one key to another, for faces that nobody brings again: turned back with the one, turned anew with
 * the other. It is rounded once more, which moves a cosine by another 0.001. Whoever has key and template has the embedding:
 * it is nowhere else than in here, on the way.
 * @throws RangeError when a key has another length
 */
export function createTransfer(
  from: Uint8Array,
  to: Uint8Array,
): (template: ProtectedTemplate) => ProtectedTemplate {
  const turnBack = createReturn(from, PROTECTED_BYTES);
  const protect = createTransform(to);
  return (template) => protect(Float32Array.from(turnBack(template), (value) => value / STEPS));
}

/**
 * A template a little nearer to another one of the same key: the shares add up, and the length is that of any template. The
 * rotation is linear, so what comes out is the protected form of the two embeddings' own blend; rounding moves a cosine by
 * another 0.001.
 * @param weight share of `other`, 0..1. Below 0.02 it is lost in the rounding
 */
export function blend(one: ProtectedTemplate, other: ProtectedTemplate, weight: number): ProtectedTemplate {
  if (one.length !== other.length) throw new RangeError('protected templates differ in length');
  const mixed = Float64Array.from(one, (value, index) => (1 - weight) * value + weight * (other[index] ?? 0));
  const length = Math.hypot(...mixed);
  return quantise(mixed.map((value) => (length > 0 ? value / length : 0)));
}

/**
 * Estimate of the embeddings' cosine, -1..1 give or take 0.001. Both must be of one key version, which only whoever read
 * them knows.
 */
export function protectedCosine(one: ProtectedTemplate, other: ProtectedTemplate): number {
  if (one.length !== other.length) throw new RangeError('protected templates differ in length');
  let dot = 0;
  for (let index = 0; index < one.length; index += 1) dot += (one[index] ?? 0) * (other[index] ?? 0);
  return dot * PROTECTED_SCALE;
}
