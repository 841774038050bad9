import { createHash } from 'node:crypto';

/**
 * The embedding of nobody: a direction that the name decides. Two of them have nothing in common.
 * @returns 256 values of length 1
 */
export function madeFace(name: string): Float32Array {
  const bytes = createHash('shake256', { outputLength: 1_024 }).update(name).digest();
  const values = Float32Array.from({ length: 256 }, (_, index) =>
    [0, 1, 2, 3].reduce((sum, part) => sum + (bytes[4 * index + part] ?? 0) - 127.5, 0),
  );
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}
