import { BENDS, type Bends } from './bends.ts';
import { createFourier, hann } from './fourier.ts';

const transform = createFourier(BENDS);
const taper = hann(BENDS);
const real = new Float64Array(BENDS);
const imaginary = new Float64Array(BENDS);
const magnitude = new Float64Array(BENDS / 2);
const ring = new Float64Array(32);

/** Lines to either side that are surroundings. */
const REACH = 18;
/** Below so many cycles per patch lies the picture's own content. */
const LOWEST = 20;

/**
 * How periodic the fine detail of rows and columns is: the strongest line in the spectrum of the mean second
 * derivative, against the median of its surroundings; the weaker of both directions. Interpolation makes every n-th
 * pixel smoother than its neighbours (Gallagher 2005, Mahdian and Saic 2008).
 */
export function resamplingTrace({ columns, rows }: Bends): number {
  return Math.min(strongestLine(columns), strongestLine(rows));
}

function strongestLine(sums: Float64Array): number {
  flatten(sums);
  transform(real, imaginary, 0);
  for (let index = 0; index < magnitude.length; index += 1) {
    magnitude[index] = Math.sqrt((real[index] ?? 0) ** 2 + (imaginary[index] ?? 0) ** 2);
  }
  let best = 0;
  for (let index = LOWEST; index < magnitude.length - 1; index += 1) {
    if (nearBlockGrid(index)) continue;
    const here = magnitude[index] ?? 0;
    const found = gather(index);
    // Sorting is dear: only where half of the surroundings are low enough for a stronger line.
    if (best === 0 || countBelow(here / best, found) > found >> 1) {
      best = Math.max(best, here / (median(found) + 1e-9));
    }
  }
  return best;
}

/** Takes the slow part away: what remains of each value against the mean of its neighbours, under the taper. */
function flatten(sums: Float64Array): void {
  for (let index = 0; index < BENDS; index += 1) {
    const before = sums[Math.max(0, index - 1)] ?? 0;
    const here = sums[index] ?? 0;
    const after = sums[Math.min(BENDS - 1, index + 1)] ?? 0;
    real[index] = (here - (before + here + after) / 3) * (taper[index] ?? 0);
  }
  imaginary.fill(0);
}

/** Blocks of 8 pixels give lines at multiples of 32. */
function nearBlockGrid(index: number): boolean {
  const rest = index & 31;
  return rest <= 2 || rest >= 30;
}

/** Puts the magnitudes of the 32 lines around, without the line itself and its neighbours, into the ring. @returns how many */
function gather(index: number): number {
  let found = 0;
  const last = Math.min(index + REACH, magnitude.length - 1);
  for (let other = Math.max(4, index - REACH); other <= last; other += 1) {
    if (Math.abs(other - index) <= 2 || nearBlockGrid(other)) continue;
    ring[found++] = magnitude[other] ?? 0;
  }
  return Math.min(found, ring.length);
}

function countBelow(limit: number, found: number): number {
  let below = 0;
  for (let index = 0; index < found; index += 1) {
    if ((ring[index] ?? 0) < limit) below += 1;
  }
  return below;
}

function median(found: number): number {
  return ring.subarray(0, found).sort()[found >> 1] ?? 0;
}
