import { createRotation } from '@selfsame/biometrics/protection/rotation';
import { protectedCosine, quantise } from '@selfsame/biometrics/protection/transform';
import { DIMENSIONS, type Scheme, type Template } from '../scheme.ts';

const source =
  'Teoh, Goh, Ngo 2006 (random multispace quantization); Wang, Plataniotis 2010 (random projection)';

/** What the product stores: a Haar-random rotation and eight bits. */
export const rop8: Scheme = {
  name: 'rop8',
  source,
  bytes: DIMENSIONS,
  project: (key) => createRotation(key, DIMENSIONS),
  encode: quantise,
  compare: (one, other) => protectedCosine(one as Int8Array, other as Int8Array),
  decode: (template) => Float64Array.from(template),
};

/** The same with fewer bits a value: levels where the error for a normal distribution is least (Max 1960). */
export function coarseProjection(bits: 2 | 4): Scheme {
  const levels = 2 ** bits;
  // Step of the best uniform quantiser of a standard normal value, in turned coordinates of deviation 1/16.
  const step = (bits === 2 ? 0.9957 : 0.3352) / Math.sqrt(DIMENSIONS);
  return {
    ...rop8,
    name: `rop${bits}`,
    bytes: (DIMENSIONS * bits) / 8,
    encode: (projection) =>
      Int8Array.from(projection, (value) => {
        const cell = Math.max(-levels / 2, Math.min(levels / 2 - 1, Math.floor(value / step)));
        return 2 * cell + 1; // middles of the cells, in half steps
      }),
    compare: dot,
  };
}

/**
 * Only half of the turned coordinates are kept, so that each template is that of a whole space of embeddings: what the key
 * gives back is at best the half that was kept.
 */
export const foldedProjection: Scheme = {
  ...rop8,
  name: 'rop8, half kept',
  bytes: DIMENSIONS / 2,
  project(key) {
    const rotate = createRotation(key, DIMENSIONS);
    return (embedding) => rotate(embedding).subarray(0, DIMENSIONS / 2);
  },
  compare: dot,
};

function dot(one: Template, other: Template): number {
  let sum = 0;
  for (let index = 0; index < one.length; index += 1) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return sum;
}
