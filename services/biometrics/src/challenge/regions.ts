import type { Picture } from '../pipeline/picture.ts';

/** Linear light 0..1 of the sRGB primaries. */
export interface LinearColour {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

/** The parts of a face whose colours are told apart. Left and right as seen in the picture. */
export const FACE_REGIONS = [
  'forehead',
  'nose',
  'leftCheek',
  'rightCheek',
  'leftSide',
  'rightSide',
  'chin',
] as const;
export type FaceRegion = (typeof FACE_REGIONS)[number];

/** Mean colours of one frame. */
export interface RegionColours {
  readonly face: Readonly<Record<FaceRegion, LinearColour>>;
  /** A ring around the head, without what is below it; undefined when hardly any of it is in the picture. */
  readonly background: LinearColour | undefined;
  /** Share 0..1 of the looked-at pixels of the face that have a channel at its upper end. */
  readonly clipped: number;
}

/**
 * Outlines by point of the 468-point mesh. Away from eyes, brows, nostrils and lips, which move, and from the edge of
 * the face, which hair covers. The sides lie before the ears, where the skin is turned away from the camera most.
 */
const OUTLINES: Readonly<Record<FaceRegion, readonly number[]>> = {
  forehead: [109, 10, 338, 297, 299, 336, 9, 107, 69, 67],
  nose: [6, 419, 248, 281, 275, 1, 45, 51, 3, 196],
  leftCheek: [119, 101, 36, 205, 187, 123, 117],
  rightCheek: [348, 330, 266, 425, 411, 352, 346],
  leftSide: [127, 143, 116, 123, 147, 177, 93, 234],
  rightSide: [356, 372, 345, 352, 376, 401, 323, 454],
  chin: [18, 313, 406, 428, 396, 152, 171, 208, 182, 83],
};

/** Crown, chin and the two ends of the face's width, in the mesh. */
const [CROWN, CHIN, WIDTH_LEFT, WIDTH_RIGHT] = [10, 152, 234, 454];

/** Of the background ring, in half widths and half heights of the face: clear of hair and ears, near enough to be in frame. */
const RING = { inner: 1.6, outer: 2.6 } as const;
/** Fewer pixels of background than this say nothing of the light behind. */
const BACKGROUND_PIXELS_MIN = 60;
/** Every n-th pixel of every n-th row; the mean of a cheek moves by less than its noise. */
const FACE_STEP = 2;
const RING_STEP = 6;
/** At this value a channel holds less light than was there. */
const CLIPPED_AT = 252;

/** Light of an 8-bit sRGB value (IEC 61966-2-1). */
const LIGHT = Float64Array.from({ length: 256 }, (_, value) => {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
});

/**
 * Mean light of the regions of a face and of what is around it.
 * @param mesh 468 points x, y, z in pixels of the picture
 */
export function regionColours(picture: Picture, mesh: Float32Array): RegionColours {
  const tally = { clipped: 0, count: 0 };
  const colours = FACE_REGIONS.map(
    (region) => [region, meanWithin(picture, mesh, OUTLINES[region], tally)] as const,
  );
  return {
    face: Object.fromEntries(colours) as Record<FaceRegion, LinearColour>,
    background: ringColour(picture, mesh),
    clipped: tally.count === 0 ? 0 : tally.clipped / tally.count,
  };
}

/** Mean of the pixels inside an outline, found row by row; black when it is out of the picture. */
function meanWithin(
  { rgb, width, height }: Picture,
  mesh: Float32Array,
  outline: readonly number[],
  tally: { clipped: number; count: number },
): LinearColour {
  const xs = outline.map((point) => mesh[point * 3] ?? 0);
  const ys = outline.map((point) => mesh[point * 3 + 1] ?? 0);
  const top = Math.max(0, Math.ceil(Math.min(...ys)));
  const bottom = Math.min(height - 1, Math.floor(Math.max(...ys)));
  let [red, green, blue, count, clipped] = [0, 0, 0, 0, 0];
  for (let y = top; y <= bottom; y += FACE_STEP) {
    const crossings = crossingsAt(y, xs, ys);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      const from = Math.max(0, Math.ceil(crossings[pair] ?? 0));
      const to = Math.min(width - 1, Math.floor(crossings[pair + 1] ?? 0));
      for (let x = from; x <= to; x += FACE_STEP) {
        const at = (y * width + x) * 3;
        const [r, g, b] = [rgb[at] ?? 0, rgb[at + 1] ?? 0, rgb[at + 2] ?? 0];
        red += LIGHT[r] ?? 0;
        green += LIGHT[g] ?? 0;
        blue += LIGHT[b] ?? 0;
        if (r >= CLIPPED_AT || g >= CLIPPED_AT || b >= CLIPPED_AT) clipped += 1;
        count += 1;
      }
    }
  }
  tally.count += count;
  tally.clipped += clipped;
  return meanOf(red, green, blue, count);
}

/** Where the outline crosses a row, from left to right. */
function crossingsAt(y: number, xs: readonly number[], ys: readonly number[]): number[] {
  const found: number[] = [];
  for (let index = 0; index < xs.length; index += 1) {
    const next = (index + 1) % xs.length;
    const [y1 = 0, y2 = 0, x1 = 0, x2 = 0] = [ys[index], ys[next], xs[index], xs[next]];
    if (y1 <= y !== y2 <= y) found.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
  }
  return found.sort((one, other) => one - other);
}

/** Mean of a ring beside and above the head; the body fills what is below. */
function ringColour({ rgb, width, height }: Picture, mesh: Float32Array): LinearColour | undefined {
  const at = (point: number, axis: 0 | 1) => mesh[point * 3 + axis] ?? 0;
  const centreX = (at(WIDTH_LEFT, 0) + at(WIDTH_RIGHT, 0)) / 2;
  const centreY = (at(CROWN, 1) + at(CHIN, 1)) / 2;
  // Of a turned face the width shrinks and the head does not: the height bounds it from below.
  const halfHeight = Math.hypot(at(CROWN, 0) - at(CHIN, 0), at(CROWN, 1) - at(CHIN, 1)) / 2 || 1;
  const halfWidth = Math.max(Math.abs(at(WIDTH_RIGHT, 0) - at(WIDTH_LEFT, 0)) / 2, 0.7 * halfHeight);
  const left = Math.max(0, Math.floor(centreX - RING.outer * halfWidth));
  const right = Math.min(width - 1, Math.ceil(centreX + RING.outer * halfWidth));
  const top = Math.max(0, Math.floor(centreY - RING.outer * halfHeight));
  const bottom = Math.min(height - 1, Math.floor(centreY));
  let [red, green, blue, count] = [0, 0, 0, 0];
  for (let y = top; y <= bottom; y += RING_STEP) {
    for (let x = left; x <= right; x += RING_STEP) {
      const distance = Math.hypot((x - centreX) / halfWidth, (y - centreY) / halfHeight);
      if (distance < RING.inner || distance > RING.outer) continue;
      const pixel = (y * width + x) * 3;
      red += LIGHT[rgb[pixel] ?? 0] ?? 0;
      green += LIGHT[rgb[pixel + 1] ?? 0] ?? 0;
      blue += LIGHT[rgb[pixel + 2] ?? 0] ?? 0;
      count += 1;
    }
  }
  return count < BACKGROUND_PIXELS_MIN ? undefined : meanOf(red, green, blue, count);
}

function meanOf(red: number, green: number, blue: number, count: number): LinearColour {
  const share = count === 0 ? 0 : 1 / count;
  return { red: red * share, green: green * share, blue: blue * share };
}
