import { createHash } from 'node:crypto';
import type { Scheme } from '../scheme.ts';
import { gaussianMatrix, multiply } from '../vectors.ts';

/**
 * Index-of-max hashing with Gaussian projections (Jin, Hwang, Lai, Kim, Teoh 2018): of each of `hashes` groups of `group`
 * random projections only the index of the largest is kept; likeness is the share of equal indices.
 */
export function indexOfMax(hashes: number, group: number): Scheme {
  const outputs = hashes * group;
  return {
    name: `IoM ${hashes}×${group}`,
    source: 'Jin, Hwang, Lai, Kim, Teoh 2018, IEEE TIFS 13(2)',
    bytes: (hashes * Math.log2(group)) / 8,
    project(key) {
      const seed = createHash('sha256').update(key).update('index of max').digest('hex');
      const matrix = gaussianMatrix(seed, outputs);
      return (embedding) => multiply(matrix, outputs, embedding);
    },
    encode(projection) {
      const indices = new Uint8Array(hashes);
      for (let hash = 0; hash < hashes; hash += 1) {
        const start = hash * group;
        let best = 0;
        for (let index = 1; index < group; index += 1) {
          if ((projection[start + index] ?? 0) > (projection[start + best] ?? 0)) best = index;
        }
        indices[hash] = best;
      }
      return indices;
    },
    compare(one, other) {
      let equal = 0;
      for (let index = 0; index < hashes; index += 1) equal += one[index] === other[index] ? 1 : 0;
      return equal / hashes;
    },
    decode(template) {
      const expected = new Float64Array(outputs).fill(-1 / group);
      for (let hash = 0; hash < hashes; hash += 1) {
        const at = hash * group + (template[hash] ?? 0);
        expected[at] = (expected[at] ?? 0) + 1;
      }
      return expected;
    },
  };
}
