import { createHash } from 'node:crypto';
import type { Picture } from '../pipeline/picture.ts';

/** What tells two frames apart, and nothing of whom they show. Lives in memory for the length of a call. */
export interface FrameFingerprint {
  /** SHA-256 of the bytes in hexadecimal: equal for the same file only. */
  readonly digest: string;
  /** 64 bits in hexadecimal: which of two neighbours in a 9x8 miniature is brighter. Alike for pictures that look alike. */
  readonly likeness: string;
  /** Fine grain at fixed places, 8-bit: a sensor's is never twice the same. */
  readonly grain: Int8Array;
}

/** Places of grain, along each side of the picture. */
const GRAIN_SIDE = 24;
const MINIATURE = { columns: 9, rows: 8 } as const;
/** Points averaged for one pixel of the miniature, along each side. */
const MINIATURE_POINTS = 6;

/**
 * Fingerprint of a frame.
 * @param bytes the file as it came
 * @param picture the same, decoded
 */
export function fingerprint(bytes: Uint8Array, picture: Picture): FrameFingerprint {
  return {
    digest: createHash('sha256').update(bytes).digest('hex'),
    likeness: likenessOf(picture),
    grain: grainOf(picture),
  };
}

/** Bits 0..64 in which two likenesses differ; unrelated pictures differ in about half. */
export function likenessDistance(one: FrameFingerprint, other: FrameFingerprint): number {
  let distance = 0;
  for (let index = 0; index < 16; index += 8) {
    let bits = Number.parseInt(one.likeness.slice(index, index + 8), 16);
    bits = (bits ^ Number.parseInt(other.likeness.slice(index, index + 8), 16)) >>> 0;
    for (; bits !== 0; bits = (bits & (bits - 1)) >>> 0) distance += 1;
  }
  return distance;
}

/** Correlation -1..1 of two frames' grain; 0 when one has none. */
export function grainCorrelation(one: FrameFingerprint, other: FrameFingerprint): number {
  let [both, first, second] = [0, 0, 0];
  for (let index = 0; index < one.grain.length; index += 1) {
    const [a, b] = [one.grain[index] ?? 0, other.grain[index] ?? 0];
    both += a * b;
    first += a * a;
    second += b * b;
  }
  return first === 0 || second === 0 ? 0 : both / Math.sqrt(first * second);
}

/** Difference hash: see `likeness`. */
function likenessOf(picture: Picture): string {
  const { columns, rows } = MINIATURE;
  let hash = '';
  let nibble = 0;
  for (let row = 0; row < rows; row += 1) {
    let before = cellLuma(picture, 0, row);
    for (let column = 1; column < columns; column += 1) {
      const here = cellLuma(picture, column, row);
      nibble = nibble * 2 + (before > here ? 1 : 0);
      before = here;
      if (column % 4 === 0) {
        hash += nibble.toString(16);
        nibble = 0;
      }
    }
  }
  return hash;
}

/** Mean luma of one cell of the miniature. */
function cellLuma({ rgb, width, height }: Picture, column: number, row: number): number {
  const [cellWidth, cellHeight] = [width / MINIATURE.columns, height / MINIATURE.rows];
  let sum = 0;
  for (let i = 0; i < MINIATURE_POINTS; i += 1) {
    const y = Math.floor((row + (i + 0.5) / MINIATURE_POINTS) * cellHeight);
    for (let j = 0; j < MINIATURE_POINTS; j += 1) {
      const x = Math.floor((column + (j + 0.5) / MINIATURE_POINTS) * cellWidth);
      sum += lumaAt(rgb, (y * width + x) * 3);
    }
  }
  return sum;
}

/** What a pixel has beyond the mean of its four neighbours, at places spread over the picture. */
function grainOf({ rgb, width, height }: Picture): Int8Array {
  const grain = new Int8Array(GRAIN_SIDE * GRAIN_SIDE);
  if (width < GRAIN_SIDE || height < GRAIN_SIDE) return grain;
  for (let row = 0; row < GRAIN_SIDE; row += 1) {
    const y = Math.min(height - 2, 1 + Math.floor(((row + 0.5) * height) / GRAIN_SIDE));
    for (let column = 0; column < GRAIN_SIDE; column += 1) {
      const x = Math.min(width - 2, 1 + Math.floor(((column + 0.5) * width) / GRAIN_SIDE));
      const at = (y * width + x) * 3;
      const around =
        lumaAt(rgb, at - 3) + lumaAt(rgb, at + 3) + lumaAt(rgb, at - width * 3) + lumaAt(rgb, at + width * 3);
      const residual = 4 * (lumaAt(rgb, at) - around / 4);
      grain[row * GRAIN_SIDE + column] = Math.max(-127, Math.min(127, Math.round(residual)));
    }
  }
  return grain;
}

/** Rec. 709 luma 0..255. */
function lumaAt(rgb: Uint8Array, at: number): number {
  return 0.2126 * (rgb[at] ?? 0) + 0.7152 * (rgb[at + 1] ?? 0) + 0.0722 * (rgb[at + 2] ?? 0);
}
