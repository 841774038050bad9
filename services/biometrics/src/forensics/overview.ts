import type { Picture } from '../pipeline/picture.ts';
import { loadPicture, loops, reserveFloats } from './plane.ts';

/** A small luma picture of the whole scene, each pixel the mean of four. */
export interface Overview {
  readonly luma: Float32Array;
  readonly width: number;
  readonly height: number;
  /** Pixels of the picture to one of the overview. */
  readonly step: number;
}

/** The longer side, at most. */
export const OVERVIEW_SIDE = 160;
const luma = reserveFloats(OVERVIEW_SIDE * OVERVIEW_SIDE);

/** Reduces a picture. The memory is used again by the next call. */
export function takeOverview(picture: Picture): Overview {
  const { width, height } = picture;
  const step = Math.max(1, Math.ceil(Math.max(width, height) / OVERVIEW_SIDE));
  const across = Math.floor(width / step);
  const down = Math.floor(height / step);
  loadPicture(picture);
  loops.reduce(width, step, across, down, luma.byteOffset);
  return { luma, width: across, height: down, step };
}
