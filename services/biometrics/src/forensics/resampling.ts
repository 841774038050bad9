import { BENDS, type Bends } from './bends.ts';
import { createFourier, hann } from './fourier.ts';

const transform = createFourier(BENDS);
const taper = hann(BENDS);
const real = new Float64Array(BENDS);
const imaginary = new Float64Array(BENDS);
const magnitude = new Float64Array(BENDS / 2);
const ring = new Float64Array(32);

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
    magnitude[index] = Math.hypot(real[index] ?? 0, imaginary[index] ?? 0);
  }
  let best = 0;
  for (let index = LOWEST; index < magnitude.length - 1; index += 1) {
    if (!nearBlockGrid(index)) best = Math.max(best, (magnitude[index] ?? 0) / surroundings(index));
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

/** Median magnitude of the 32 lines around, without the line itself and its neighbours. */
function surroundings(index: number): number {
  let found = 0;
  for (let other = index - 18; other <= index + 18; other += 1) {
    if (other < 4 || other >= magnitude.length || Math.abs(other - index) <= 2 || nearBlockGrid(other))
      continue;
    if (found < ring.length) ring[found++] = magnitude[other] ?? 0;
  }
  const part = ring.subarray(0, found).sort();
  return (part[found >> 1] ?? 0) + 1e-9;
}
