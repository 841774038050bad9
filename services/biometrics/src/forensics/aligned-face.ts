import { FACE_TEMPLATE_112 } from '../pipeline/alignment.ts';
import { fitSimilarity, inverse, scaled } from '../pipeline/geometry.ts';
import type { Picture, Point } from '../pipeline/picture.ts';

/** Side of the aligned face, pixels: eyes at (22, 30) and (42, 29), nose at (32, 41), mouth corners at (24, 53) and (40, 53). */
export const ALIGNED_SIDE = 64;

/** What is measured of it, ends included, and the neighbours: no more is filled. */
const MEASURED = { x1: 11, y1: 14, x2: 52, y2: 62 };

/** A face turned level and brought to one size, so that regions and sharpness compare. Rows from the top, values 0..255;
 * what lies outside of MEASURED holds nothing. */
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
  const share = 1 / (samples * samples);
  const [stepX, stepY] = [back.a / samples, back.c / samples];
  const u = MEASURED.x1 + 0.5 / samples - 0.5;
  for (let row = MEASURED.y1; row <= MEASURED.y2; row += 1) {
    const first = row * ALIGNED_SIDE + MEASURED.x1;
    const last = row * ALIGNED_SIDE + MEASURED.x2;
    for (let sample = 0; sample < samples; sample += 1) {
      const v = row + (sample + 0.5) / samples - 0.5;
      // Half a pixel is added so that cutting off the fraction rounds.
      const x = back.a * u + back.b * v + back.tx + 0.5;
      const y = back.c * u + back.d * v + back.ty + 0.5;
      sampleLine(picture, { x, y, stepX, stepY, samples, first, last, fresh: sample === 0 });
    }
    for (let at = first; at <= last; at += 1) {
      const r = (red[at] ?? 0) * share;
      const g = (green[at] ?? 0) * share;
      const b = (blue[at] ?? 0) * share;
      red[at] = r;
      green[at] = g;
      blue[at] = b;
      luma[at] = 0.299 * r + 0.587 * g + 0.114 * b;
    }
  }
  return { red, green, blue, luma, reduction };
}

/** A line of samples across the picture: where it begins, its step, and which pixels of the aligned face it belongs to. */
interface SampleLine {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly samples: number;
  readonly first: number;
  readonly last: number;
  /** The first line of its row: what the planes held is gone. */
  readonly fresh: boolean;
}

/** Adds the samples of a line, `samples` to each pixel. */
function sampleLine({ rgb, width, height }: Picture, line: SampleLine): void {
  const { stepX, stepY, samples, first, last, fresh } = line;
  let { x, y } = line;
  for (let at = first; at <= last; at += 1) {
    let [r, g, b] = [0, 0, 0];
    for (let sample = 0; sample < samples; sample += 1) {
      const from = (clamp(y, height - 1) * width + clamp(x, width - 1)) * 3;
      r += rgb[from] ?? 0;
      g += rgb[from + 1] ?? 0;
      b += rgb[from + 2] ?? 0;
      x += stepX;
      y += stepY;
    }
    red[at] = fresh ? r : (red[at] ?? 0) + r;
    green[at] = fresh ? g : (green[at] ?? 0) + g;
    blue[at] = fresh ? b : (blue[at] ?? 0) + b;
  }
}

/** The whole pixel at a place, or the nearest one inside. */
function clamp(value: number, last: number): number {
  return value < 0 ? 0 : value > last ? last : value | 0;
}
