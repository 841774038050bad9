import type { Channels, Reflections } from './reflection.ts';
import { FACE_REGIONS, type FaceRegion } from './regions.ts';
import { dot, orthonormal, without } from './regression.ts';

/** How unevenly a face takes up the screen's light. */
export interface Relief {
  /**
   * Spread of the regions' response as a share of the face's, without what a tilted or near plane does as well. Noise
   * adds to it.
   */
  readonly variation: number;
  /** The spread that noise alone would show. */
  readonly noise: number;
  /** Regions whose own light follows the colours. */
  readonly following: number;
}

/** Where the regions lie on a face, in half widths and half heights: faces are alike enough for this purpose. */
const LAYOUT: Readonly<Record<FaceRegion, readonly [x: number, y: number]>> = {
  forehead: [0, -1],
  nose: [0, -0.1],
  leftCheek: [-0.65, 0],
  rightCheek: [0.65, 0],
  leftSide: [-0.95, 0],
  rightSide: [0.95, 0],
  chin: [0, 0.95],
};

/**
 * What a plane does to a near light: it falls off evenly to all sides, and more to one when the plane is tilted. Four
 * numbers are fitted to seven regions: what is left over is relief.
 */
const PLANE = orthonormal([
  FACE_REGIONS.map(() => 1),
  FACE_REGIONS.map((region) => LAYOUT[region][0]),
  FACE_REGIONS.map((region) => LAYOUT[region][1]),
  FACE_REGIONS.map((region) => LAYOUT[region][0] ** 2 + LAYOUT[region][1] ** 2),
]);

/**
 * Measures the relief. On a print every region's light rises by the same share, because the screen lights the paper as
 * the room does; on a head the share depends on where the skin faces and how near it is.
 * @param light of the screen at each frame, by channel, at the right delay
 * @param gains of the whole face, by hue: a print that fills the picture leaves nothing of them against the background
 */
export function reliefOf(
  { regions, face }: Reflections,
  light: Channels<readonly number[]>,
  gains: Channels<number>,
): Relief {
  const following = light.map((series, channel) =>
    series.map((value) => value * Math.max(0, gains[channel] ?? 0)),
  );
  const expected = hueOf(following);
  const power = dot(expected, expected);
  if (!(power > 0)) return { variation: 0, noise: Number.POSITIVE_INFINITY, following: 0 };
  const whole = face.series.flat();
  const measured = regions.map((region) => {
    const own = hueOf(region);
    const slope = dot(expected, own) / power;
    const left = own.reduce((sum, value, at) => sum + (value - slope * (expected[at] ?? 0)) ** 2, 0);
    // Of the three channels two are free, and the drift took three numbers of each.
    const freedom = (2 * own.length) / 3 - 7;
    return {
      slope,
      variance: left / Math.max(1, freedom) / power,
      follows: correlation(
        following.flat(),
        region.flat().map((value, at) => value + (whole[at] ?? 0)),
      ),
    };
  });
  const uneven = without(
    PLANE,
    measured.map(({ slope }) => slope),
  );
  const freedom = FACE_REGIONS.length - PLANE.length;
  return {
    variation: Math.sqrt(dot(uneven, uneven) / freedom),
    noise: Math.sqrt(measured.reduce((sum, { variance }) => sum + variance, 0) / measured.length),
    following: measured.filter(({ follows }) => follows >= FOLLOWING_MIN).length,
  };
}

/**
 * Each channel against the mean of the three, one after the other: where the mesh slips over skin by a pixel, all three
 * change alike.
 */
function hueOf(channels: readonly (readonly number[])[]): number[] {
  return channels.flatMap((series) =>
    series.map((value, at) => value - channels.reduce((sum, channel) => sum + (channel[at] ?? 0), 0) / 3),
  );
}

/** Correlation from which on a region follows the colours: noise of a small region hides half of it at worst. */
const FOLLOWING_MIN = 0.5;

/** Correlation of two series without drift, whose mean is 0. */
function correlation(one: readonly number[], other: readonly number[]): number {
  const lengths = Math.sqrt(dot(one, one) * dot(other, other));
  return lengths > 0 ? dot(one, other) / lengths : 0;
}
