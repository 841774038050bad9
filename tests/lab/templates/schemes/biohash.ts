import { createHash } from 'node:crypto';
import { createRotation } from '@selfsame/biometrics/protection/rotation';
import { DIMENSIONS, type Scheme } from '../scheme.ts';

const WORD_BITS = 32;

/**
 * BioHashing (Jin, Ling, Goh 2004): the signs of the inner products with keyed orthonormal vectors, compared by Hamming
 * distance. More bits than the embedding has values take several bases.
 */
export function biohash(bits: number): Scheme {
  const bases = bits / DIMENSIONS;
  return {
    name: `BioHash ${bits}`,
    source: 'Jin, Ling, Goh 2004, Pattern Recognition 37(11)',
    bytes: bits / 8,
    project(key) {
      const rotations = Array.from({ length: bases }, (_, index) =>
        createRotation(createHash('sha256').update(key).update(String(index)).digest(), DIMENSIONS),
      );
      return (embedding) => {
        const projection = new Float64Array(bits);
        for (const [index, rotate] of rotations.entries()) {
          projection.set(rotate(embedding), index * DIMENSIONS);
        }
        return projection;
      };
    },
    encode(projection) {
      const words = new Uint32Array(bits / WORD_BITS);
      for (let index = 0; index < bits; index += 1) {
        if ((projection[index] ?? 0) < 0) continue;
        words[index >> 5] = ((words[index >> 5] ?? 0) | (1 << (index & 31))) >>> 0;
      }
      return words;
    },
    compare(one, other) {
      let differing = 0;
      for (let index = 0; index < one.length; index += 1) {
        differing += ones((one[index] ?? 0) ^ (other[index] ?? 0));
      }
      return 1 - differing / bits;
    },
    decode: (template) =>
      Float64Array.from({ length: bits }, (_, index) =>
        ((template[index >> 5] ?? 0) >>> (index & 31)) & 1 ? 1 : -1,
      ),
  };
}

/** Bits that are set in a 32-bit word (Warren, Hacker's Delight, 5-1). */
function ones(word: number): number {
  let sums = word - ((word >>> 1) & 0x55555555);
  sums = (sums & 0x33333333) + ((sums >>> 2) & 0x33333333);
  return Math.imul((sums + (sums >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
