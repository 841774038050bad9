import { createFourier, hann } from './fourier.ts';
import { PATCH_SIDE, type Patch } from './patch.ts';

/** Side of the window, pixels. The face's middle at the picture's own resolution. */
const SIDE = 128;
const HALF = SIDE / 2;
const COLUMNS = HALF + 1;

/** Cycles per window between which a screen's grid and its moiré appear: periods of 2.1 to 16 pixels. */
const RADIUS_MIN = 8;
const RADIUS_MAX = 60;
/** A peak is weighed against a ring around it: beyond the window's own width, near enough for a like background. */
const INNER = 3;
const OUTER = 6;
/** Blocks of 8x8 pixels stand at multiples of this many cycles, on the axes. */
const BLOCK_CYCLES = SIDE / 8;

const transform = createFourier(SIDE);
const taper = hann(SIDE);
const real = new Float64Array(SIDE * SIDE);
const imaginary = new Float64Array(SIDE * SIDE);
/** Columns u = 0..64 of the spectrum, each with v = 0..127; then its power with v shifted to -64..63. */
const columnReal = new Float64Array(COLUMNS * SIDE);
const columnImaginary = new Float64Array(COLUMNS * SIDE);
const power = new Float64Array(COLUMNS * SIDE);
/** Sums over the rectangle from the origin, one row and column wider. */
const sums = new Float64Array((COLUMNS + 1) * (SIDE + 1));

/**
 * How far the sharpest peak of the spectrum stands above its surroundings, as a power ratio. Skin, hair and noise give
 * broad spectra; the grid of a screen beating with that of the sensor gives narrow peaks.
 * Undefined when the patch is smaller than the window.
 */
export function moireEnergy(patch: Patch): number | undefined {
  if (patch.width < SIDE || patch.height < SIDE) return undefined;
  transformPatch(patch);
  integrate();
  let best = 0;
  for (let u = 0; u < COLUMNS; u += 1) {
    for (let v = -HALF + OUTER; v < HALF - OUTER; v += 1) {
      const here = power[u * SIDE + v + HALF] ?? 0;
      // Below the noise no surroundings make it a peak.
      if (here <= best * NOISE_FLOOR) continue;
      const radius = u * u + v * v;
      if (radius < RADIUS_MIN ** 2 || radius > RADIUS_MAX ** 2 || isBlockGrid(u, v)) continue;
      const inner = boxSum(u - INNER, u + INNER, v - INNER, v + INNER);
      const outer = boxSum(u - OUTER, u + OUTER, v - OUTER, v + OUTER);
      const ring = (outer.sum - inner.sum) / (outer.count - inner.count);
      best = Math.max(best, here / (ring + NOISE_FLOOR));
    }
  }
  return best;
}

/** Power of half a grey level of white noise: keeps flat pictures from dividing by nothing. */
const NOISE_FLOOR = 0.25 * SIDE * SIDE * 0.14;

/** Straight edges of any picture lie on the axes, and so do the compression's blocks. */
function isBlockGrid(u: number, v: number): boolean {
  const onAxis = u <= 2 || Math.abs(v) <= 2;
  return onAxis || (u % BLOCK_CYCLES === 0 && v % BLOCK_CYCLES === 0);
}

function transformPatch({ luma, width, height }: Patch): void {
  const left = (width - SIDE) >> 1;
  const top = (height - SIDE) >> 1;
  let mean = 0;
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) mean += luma[(top + y) * PATCH_SIDE + left + x] ?? 0;
  }
  mean /= SIDE * SIDE;
  // Two real rows at a time: one as the real, one as the imaginary part.
  for (let y = 0; y < SIDE; y += 2) {
    for (let x = 0; x < SIDE; x += 1) {
      const at = (top + y) * PATCH_SIDE + left + x;
      real[x] = ((luma[at] ?? 0) - mean) * (taper[x] ?? 0) * (taper[y] ?? 0);
      imaginary[x] = ((luma[at + PATCH_SIDE] ?? 0) - mean) * (taper[x] ?? 0) * (taper[y + 1] ?? 0);
    }
    transform(real, imaginary, 0);
    for (let u = 0; u < COLUMNS; u += 1) {
      const mirror = (SIDE - u) % SIDE;
      const [a, b] = [real[u] ?? 0, imaginary[u] ?? 0];
      const [c, d] = [real[mirror] ?? 0, imaginary[mirror] ?? 0];
      columnReal[u * SIDE + y] = (a + c) / 2;
      columnImaginary[u * SIDE + y] = (b - d) / 2;
      columnReal[u * SIDE + y + 1] = (b + d) / 2;
      columnImaginary[u * SIDE + y + 1] = (c - a) / 2;
    }
  }
  for (let u = 0; u < COLUMNS; u += 1) {
    transform(columnReal, columnImaginary, u * SIDE);
    for (let v = 0; v < SIDE; v += 1) {
      const at = u * SIDE + v;
      const shifted = u * SIDE + ((v + HALF) % SIDE);
      power[shifted] = (columnReal[at] ?? 0) ** 2 + (columnImaginary[at] ?? 0) ** 2;
    }
  }
}

function integrate(): void {
  for (let u = 0; u < COLUMNS; u += 1) {
    let row = 0;
    for (let v = 0; v < SIDE; v += 1) {
      row += power[u * SIDE + v] ?? 0;
      sums[(u + 1) * (SIDE + 1) + v + 1] = (sums[u * (SIDE + 1) + v + 1] ?? 0) + row;
    }
  }
}

/** Sum of the power over columns u and rows v, both ends included, cut to what exists. */
function boxSum(u1: number, u2: number, v1: number, v2: number): { sum: number; count: number } {
  const left = Math.max(0, u1);
  const right = Math.min(COLUMNS, u2 + 1);
  const low = Math.max(0, v1 + HALF);
  const high = Math.min(SIDE, v2 + HALF + 1);
  const at = (u: number, v: number) => sums[u * (SIDE + 1) + v] ?? 0;
  return {
    sum: at(right, high) - at(left, high) - at(right, low) + at(left, low),
    count: (right - left) * (high - low),
  };
}
