import { ALIGNED_SIDE, type AlignedFace } from './aligned-face.ts';
import type { Surface } from './surface.ts';
import { THRESHOLDS } from './thresholds.ts';

/** Columns x1..x2 and rows y1..y2 of the aligned face, ends included. */
interface Region {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** The lenses of glasses: eyes, and the skin under them that a dark lens hides as well. */
const LENSES: readonly Region[] = [
  { x1: 16, y1: 26, x2: 28, y2: 36 },
  { x1: 36, y1: 26, x2: 48, y2: 36 },
];
const UNDER_EYES: readonly Region[] = [
  { x1: 17, y1: 32, x2: 27, y2: 36 },
  { x1: 37, y1: 32, x2: 47, y2: 36 },
];
const CHEEKS: readonly Region[] = [
  { x1: 15, y1: 38, x2: 22, y2: 45 },
  { x1: 42, y1: 38, x2: 49, y2: 45 },
];
/** Skin to compare the eyes with when the cheeks are covered; hair or a hat may hang over it. */
const FOREHEAD: readonly Region[] = [{ x1: 24, y1: 15, x2: 40, y2: 21 }];
/** Skin that a mask leaves free: the bridge of the nose and what lies under the eyes. */
const UPPER: readonly Region[] = [
  { x1: 29, y1: 28, x2: 35, y2: 36 },
  { x1: 18, y1: 35, x2: 27, y2: 37 },
  { x1: 37, y1: 35, x2: 46, y2: 37 },
];
const LOWER: readonly Region[] = [{ x1: 20, y1: 45, x2: 44, y2: 60 }];
const MOUTH: readonly Region[] = [{ x1: 22, y1: 47, x2: 42, y2: 58 }];

/** What may cover a face. */
export interface Occlusion {
  /** Luma around and under the eyes as a share of that of the cheeks: ordinary 0.6 and more, dark glasses 0.07 to 0.6. */
  readonly eyesBrightness: number;
  /** The same against the forehead, for a face whose cheeks are covered. */
  readonly eyesToForehead: number;
  /** Vertical steps around the mouth as a share of the luma under the eyes: lips 0.08 and more, cloth below 0.07. */
  readonly mouthDetail: number;
  /** Distance of the lower face's chromaticity from that of the skin under the eyes: skin up to 0.05, a blue mask 0.08. */
  readonly lowerTint: number;
}

/** Measures what may cover the eyes, the mouth and the nose. */
export function measureOcclusion(face: AlignedFace): Occlusion {
  const upper = toneOf(face, UPPER);
  const lower = toneOf(face, LOWER);
  const eyes = (toneOf(face, LENSES).luma + toneOf(face, UNDER_EYES).luma) / 2;
  return {
    eyesBrightness: eyes / (toneOf(face, CHEEKS).luma + 1),
    eyesToForehead: eyes / (toneOf(face, FOREHEAD).luma + 1),
    mouthDetail: toneOf(face, MOUTH).steps / (upper.luma + 1),
    lowerTint: Math.hypot(upper.redShare - lower.redShare, upper.greenShare - lower.greenShare),
  };
}

/** What covers a face; nothing can be said of one in the dark, and of the mouth in a blurred picture. */
export function findCovers(
  { eyesBrightness, eyesToForehead, mouthDetail, lowerTint }: Occlusion,
  { brightness, sharpness }: Pick<Surface, 'brightness' | 'sharpness'>,
): { eyes: boolean; mouth: boolean } {
  const lit = brightness >= THRESHOLDS.brightnessMin;
  const mouth =
    lit &&
    sharpness >= THRESHOLDS.sharpnessMin &&
    (mouthDetail < THRESHOLDS.mouthDetailMin || lowerTint > THRESHOLDS.lowerTint);
  return { eyes: lit && (mouth ? eyesToForehead : eyesBrightness) < THRESHOLDS.eyesBrightnessMin, mouth };
}

/** Means over regions. */
interface Tone {
  readonly luma: number;
  /** Shares of the sum of the three channels. */
  readonly redShare: number;
  readonly greenShare: number;
  /** Mean difference of the pixels above and below. */
  readonly steps: number;
}

function toneOf({ red, green, blue, luma }: AlignedFace, regions: readonly Region[]): Tone {
  let [r, g, b, l, steps, count] = [0, 0, 0, 0, 0, 0];
  for (const { x1, y1, x2, y2 } of regions) {
    for (let y = y1; y <= y2; y += 1) {
      for (let x = x1; x <= x2; x += 1) {
        const at = y * ALIGNED_SIDE + x;
        r += red[at] ?? 0;
        g += green[at] ?? 0;
        b += blue[at] ?? 0;
        l += luma[at] ?? 0;
        steps += Math.abs((luma[at + ALIGNED_SIDE] ?? 0) - (luma[at - ALIGNED_SIDE] ?? 0));
        count += 1;
      }
    }
  }
  const sum = r + g + b + count;
  return { luma: l / count, redShare: r / sum, greenShare: g / sum, steps: steps / count };
}
