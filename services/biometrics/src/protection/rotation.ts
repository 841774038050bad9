import { createCipheriv } from 'node:crypto';

/** Turns a vector into another of the same length: angles and lengths stay, directions become the key's. */
export type Rotation = (values: ArrayLike<number>) => Float64Array;

const KEY_BYTES = 32;
const WORD_BYTES = 4;
const WORDS = 2 ** 32;

/**
 * A random orthogonal matrix, uniform over all of them (Haar measure), chosen by a key and never written out: a product
 * of Householder reflections of Gaussian vectors of 1, 2, ... `dimensions` values (G. W. Stewart, "The efficient
 * generation of random orthogonal matrices with an application to condition estimators", SIAM J. Numer. Anal. 17(3),
 * 1980; as the subgroup algorithm: Diaconis and Shahshahani, Prob. Eng. Inf. Sci. 1(1), 1987). A reflection costs 2k
 * multiplications, so a vector costs as much as with a matrix, and no factorisation is needed to make one.
 *
 * The same key gives the same rotation on every machine but for the last bits of `Math.log` and `Math.cos`: a
 * coordinate may then move by 1e-15.
 * @param key 32 bytes, uniformly random
 * @throws RangeError when the key has another length
 */
export function createRotation(key: Uint8Array, dimensions: number): Rotation {
  const reflections = reflectionsOf(key, dimensions);

  return (values) => {
    const turned = copyOf(values, dimensions);
    let at = 0;
    for (let size = 1; size <= dimensions; size += 1) {
      reflect(turned, reflections, at, size);
      at += size + 2;
    }
    return turned;
  };
}

/** Turns back what `createRotation` of the same key has turned: a reflection undoes itself, and the last goes first. */
export function createReturn(key: Uint8Array, dimensions: number): Rotation {
  const reflections = reflectionsOf(key, dimensions);
  return (values) => {
    const turned = copyOf(values, dimensions);
    let at = reflections.length;
    for (let size = dimensions; size >= 1; size -= 1) {
      at -= size + 2;
      reflect(turned, reflections, at, size);
    }
    return turned;
  };
}

function copyOf(values: ArrayLike<number>, dimensions: number): Float64Array {
  if (values.length !== dimensions) throw new RangeError(`a vector of ${dimensions} values is turned`);
  return Float64Array.from(values);
}

/** Reflects the last `size` values of a vector by what lies at `at`: sign, 2/|u|² and u. */
function reflect(turned: Float64Array, reflections: Float64Array, at: number, size: number): void {
  const start = turned.length - size;
  const sign = reflections[at] ?? 0;
  const scale = reflections[at + 1] ?? 0;
  const vector = at + 2;
  let dot = 0;
  for (let index = 0; index < size; index += 1) {
    dot += (reflections[vector + index] ?? 0) * (turned[start + index] ?? 0);
  }
  dot *= scale;
  for (let index = 0; index < size; index += 1) {
    turned[start + index] = sign * ((turned[start + index] ?? 0) - dot * (reflections[vector + index] ?? 0));
  }
}

/**
 * For each size k from 1: the sign, 2/|u|² and the k values of u. Of a Gaussian vector v, u = v + s|v|e₁ with s the sign
 * of v₁ (nothing cancels), and -s(1 - 2uuᵀ/|u|²) takes e₁ to v/|v|, which is uniform on the sphere.
 */
function reflectionsOf(key: Uint8Array, dimensions: number): Float64Array {
  if (key.length !== KEY_BYTES) throw new RangeError(`a rotation key has ${KEY_BYTES} bytes`);
  const gaussian = gaussians(key, (dimensions * (dimensions + 1)) / 2);
  const reflections = new Float64Array(gaussian.length + 2 * dimensions);
  let [from, at] = [0, 0];
  for (let size = 1; size <= dimensions; size += 1) {
    const vector = reflections.subarray(at + 2, at + 2 + size);
    vector.set(gaussian.subarray(from, from + size));
    const first = vector[0] ?? 0;
    const sign = first < 0 ? -1 : 1;
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    vector[0] = first + sign * length;
    // |u|² = 2|v|(|v| + |v₁|)
    reflections[at] = -sign;
    reflections[at + 1] = 1 / (length * (length + Math.abs(first)));
    from += size;
    at += size + 2;
  }
  return reflections;
}

/**
 * Standard normal values by Box and Muller (Ann. Math. Statist. 29(2), 1958) from the keystream of AES-256-CTR, which
 * nobody without the key tells from chance. The counter starts at zero: a key makes one stream, and is used for nothing else.
 */
function gaussians(key: Uint8Array, count: number): Float64Array {
  const pairs = Math.ceil(count / 2);
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const stream = cipher.update(Buffer.alloc(pairs * 2 * WORD_BYTES));
  // Middles of the 2^32 cells of (0, 1): never 0, whose logarithm there is none of.
  const uniform = (word: number) => (stream.readUInt32LE(word * WORD_BYTES) + 0.5) / WORDS;
  const values = new Float64Array(pairs * 2);
  for (let pair = 0; pair < pairs; pair += 1) {
    const radius = Math.sqrt(-2 * Math.log(uniform(2 * pair)));
    const angle = 2 * Math.PI * uniform(2 * pair + 1);
    values[2 * pair] = radius * Math.cos(angle);
    values[2 * pair + 1] = radius * Math.sin(angle);
  }
  return values.subarray(0, count);
}
