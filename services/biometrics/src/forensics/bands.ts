import type { Overview } from './overview.ts';

/** The picture is cut into so many upright strips. */
const STRIPS = 4;
const ROWS_MAX = 160;
/** Half periods in overview rows: bands of 24 to 100 pixels in a picture of 640. */
const LAGS = [3, 5, 8, 12] as const;

const profiles = Array.from({ length: STRIPS }, () => new Float64Array(ROWS_MAX));
const bends = Array.from({ length: STRIPS }, () => new Float64Array(ROWS_MAX));

/**
 * How alike the rise and fall of light from row to row is in four upright strips across the whole picture, 0..1: the
 * weakest correlation of two strips that are no neighbours, at the period where it is strongest. A screen that refreshes
 * while a rolling shutter runs down it lays the same bands over everything; scenes differ from left to right.
 */
export function refreshBands({ luma, width, height }: Overview): number {
  const rows = Math.min(height, ROWS_MAX);
  const across = Math.floor(width / STRIPS);
  if (across < 8 || rows < 4 * Math.max(...LAGS)) return 0;
  profiles.forEach((profile, strip) => {
    for (let y = 0; y < rows; y += 1) {
      let sum = 0;
      const start = y * width + strip * across;
      for (let x = start; x < start + across; x += 1) sum += luma[x] ?? 0;
      // Bands multiply the light: in logarithms they add.
      profile[y] = Math.log(sum / across + 8);
    }
  });
  let best = 0;
  for (const lag of LAGS) {
    bends.forEach((bend, strip) => {
      const profile = profiles[strip] ?? bend;
      for (let y = lag; y < rows - lag; y += 1) {
        bend[y] = 2 * (profile[y] ?? 0) - (profile[y - lag] ?? 0) - (profile[y + lag] ?? 0);
      }
    });
    best = Math.max(
      best,
      Math.min(correlation(0, 2, lag, rows), correlation(1, 3, lag, rows), correlation(0, 3, lag, rows)),
    );
  }
  return best;
}

function correlation(one: number, other: number, lag: number, rows: number): number {
  const [a, b] = [bends[one], bends[other]];
  let [products, squaresA, squaresB] = [0, 1e-6, 1e-6];
  for (let y = lag; y < rows - lag; y += 1) {
    // A single step, like a horizon, is no band: it is cut to the size of a strong one.
    const p = clip(a?.[y] ?? 0);
    const q = clip(b?.[y] ?? 0);
    products += p * q;
    squaresA += p * p;
    squaresB += q * q;
  }
  return products / Math.sqrt(squaresA * squaresB);
}

const BEND_MAX = 0.2;

function clip(value: number): number {
  return Math.max(-BEND_MAX, Math.min(BEND_MAX, value));
}
