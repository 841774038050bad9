import { ALIGNED_SIDE, type AlignedFace } from './aligned-face.ts';
import { PATCH_SIDE, type Patch } from './patch.ts';
import { loops, reserveDoubles, reserveWords } from './plane.ts';

/** The part of the aligned face that shows skin, eyes, nose and mouth: no hair, no background. */
const FACE = { x1: 12, y1: 16, x2: 51, y2: 61 };
/** The last column of the half at image left. */
const MIDDLE = 31;

/** How the face's surface looks. */
export interface Surface {
  /** Mean luma 0..255. */
  readonly brightness: number;
  /** Standard deviation of the luma. */
  readonly contrast: number;
  /** Share 0..1 of pixels with a channel at 250 and above. */
  readonly overexposed: number;
  /** Distance of the mean chromaticity from grey. */
  readonly colourCast: number;
  /** Share 0..1 of bright pixels without colour: light that bounced off a gloss. */
  readonly specular: number;
  /** Laplacian variance over luma variance at the aligned size: how much of the detail is fine. */
  readonly sharpness: number;
  /** -1..1: below 0 the level edges stand out, above 0 the upright ones. Moving to a side blurs what is upright. */
  readonly edgeDirection: number;
  /** Mean difference of the channels as a share 0..1 of the highest: 0 is grey. */
  readonly saturation: number;
  /** Luma of the half at image left minus that at image right, as a share -1..1 of both. */
  readonly sideLight: number;
}

/** One pass over the aligned face. */
export function measureSurface({ red, green, blue, luma }: AlignedFace): Surface {
  let [sum, squares, bends, over, glossy, r, g, b, count] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  let [across, down, colour, left] = [0, 0, 0, 0];
  for (let y = FACE.y1; y <= FACE.y2; y += 1) {
    for (let x = FACE.x1; x <= FACE.x2; x += 1) {
      const at = y * ALIGNED_SIDE + x;
      const value = luma[at] ?? 0;
      const before = luma[at - 1] ?? 0;
      const after = luma[at + 1] ?? 0;
      const above = luma[at - ALIGNED_SIDE] ?? 0;
      const below = luma[at + ALIGNED_SIDE] ?? 0;
      const neighbours = before + after + above + below;
      const [red1, green1, blue1] = [red[at] ?? 0, green[at] ?? 0, blue[at] ?? 0];
      const highest = Math.max(red1, green1, blue1);
      const lowest = Math.min(red1, green1, blue1);
      sum += value;
      squares += value * value;
      bends += (4 * value - neighbours) ** 2;
      across += (after - before) ** 2;
      down += (below - above) ** 2;
      colour += (highest - lowest) / (highest + 1);
      if (x <= MIDDLE) left += value;
      if (highest >= 250) over += 1;
      if (value >= 200 && highest - lowest < 0.1 * highest) glossy += 1;
      r += red1;
      g += green1;
      b += blue1;
      count += 1;
    }
  }
  const mean = sum / count;
  const variance = Math.max(0, squares / count - mean * mean);
  const total = r + g + b + 1;
  return {
    brightness: mean,
    contrast: Math.sqrt(variance),
    overexposed: over / count,
    colourCast: Math.hypot(r / total - 1 / 3, g / total - 1 / 3),
    specular: glossy / count,
    sharpness: bends / count / (variance + 1),
    edgeDirection: (across - down) / (across + down + 1),
    saturation: colour / count,
    sideLight: (2 * left - sum) / (sum + 1),
  };
}

/** Counts of responses by quarters of a grey level. */
const counts = reserveWords(1024);
const row = reserveDoubles(PATCH_SIDE + 2);

/**
 * Noise of the sensor, in grey levels: the median response to a mask that neither slopes nor edges answer (Immerkær
 * 1996), which a face's own detail hardly moves.
 */
export function noiseLevel({ luma, width, height }: Patch): number {
  counts.fill(0);
  loops.responses(luma.byteOffset, width, height, row.byteOffset, counts.byteOffset);
  const half = ((Math.max(0, height - 1) >> 1) * Math.max(0, width - 2)) / 2;
  let [below, bin] = [0, 0];
  while (bin < counts.length && below + (counts[bin] ?? 0) < half) {
    below += counts[bin] ?? 0;
    bin += 1;
  }
  // The median of |N(0, 6 sigma)| lies at 0.6745 x 6 sigma.
  return (bin + 0.5) / 4 / (6 * 0.6745);
}
