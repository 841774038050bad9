import { FACE_TEMPLATE_112 } from '../pipeline/alignment.ts';
import { fitSimilarity, inverse, scaled } from '../pipeline/geometry.ts';
import type { Picture, Point } from '../pipeline/picture.ts';

/** Side of the aligned face, pixels: eyes at (22, 30) and (42, 29), nose at (32, 41), mouth corners at (24, 53) and (40, 53). */
export const ALIGNED_SIDE = 64;

/** A face turned level and brought to one size, so that regions and sharpness compare. Rows from the top, values 0..255. */
export interface AlignedFace {
  readonly red: Float32Array;
  readonly green: Float32Array;
  readonly blue: Float32Array;
  readonly luma: Float32Array;
  /** Pixels of the picture to one pixel of the aligned face; below 1 the face was enlarged. */
  readonly reduction: number;
}

const SIZE = ALIGNED_SIDE * ALIGNED_SIDE;
const red = new Float32Array(SIZE);
const green = new Float32Array(SIZE);
const blue = new Float32Array(SIZE);
const luma = new Float32Array(SIZE);

/** A pixel of a large face is the mean of at most 3x3 of the picture's, so that fine detail does not alias. */
const SAMPLES_MAX = 3;

/** Aligns a face by its five points. The memory is used again by the next call. */
export function alignFace(picture: Picture, points: readonly Point[]): AlignedFace {
  const scale = ALIGNED_SIDE / 112;
  const back = inverse(scaled(fitSimilarity(points, FACE_TEMPLATE_112), scale, scale));
  const reduction = Math.hypot(back.a, back.c);
  const samples = Math.max(2, Math.min(SAMPLES_MAX, Math.round(reduction)));
  for (const plane of [red, green, blue]) plane.fill(0);
  const { rgb, width, height } = picture;
  const fine = samples * ALIGNED_SIDE;
  const [stepX, stepY] = [back.a / samples, back.c / samples];
  for (let row = 0; row < fine; row += 1) {
    const v = (row + 0.5) / samples - 0.5;
    const u = 0.5 / samples - 0.5;
    // Half a pixel is added so that cutting off the fraction rounds.
    let x = back.a * u + back.b * v + back.tx + 0.5;
    let y = back.c * u + back.d * v + back.ty + 0.5;
    let at = Math.floor(row / samples) * ALIGNED_SIDE;
    for (let column = 0; column < ALIGNED_SIDE; column += 1) {
      for (let sample = 0; sample < samples; sample += 1) {
        const from = (clamp(y, height - 1) * width + clamp(x, width - 1)) * 3;
        red[at] = (red[at] ?? 0) + (rgb[from] ?? 0);
        green[at] = (green[at] ?? 0) + (rgb[from + 1] ?? 0);
        blue[at] = (blue[at] ?? 0) + (rgb[from + 2] ?? 0);
        x += stepX;
        y += stepY;
      }
      at += 1;
    }
  }
  const share = 1 / (samples * samples);
  for (let at = 0; at < SIZE; at += 1) {
    const r = (red[at] ?? 0) * share;
    const g = (green[at] ?? 0) * share;
    const b = (blue[at] ?? 0) * share;
    red[at] = r;
    green[at] = g;
    blue[at] = b;
    luma[at] = 0.299 * r + 0.587 * g + 0.114 * b;
  }
  return { red, green, blue, luma, reduction };
}

/** The whole pixel at a place, or the nearest one inside. */
function clamp(value: number, last: number): number {
  return value < 0 ? 0 : value > last ? last : value | 0;
}
