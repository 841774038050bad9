import type { Box, Picture } from '../pipeline/picture.ts';
import { loadPicture, loops, reserveFloats } from './plane.ts';

/** Side of a patch, pixels, where the picture is large enough; its rows lie so many values apart in any case. */
export const PATCH_SIDE = 256;

/** A part of a picture in luma 0..255 at its own resolution: what compression and screens leave is gone once it is resized. */
export interface Patch {
  /** Rows from the top, PATCH_SIDE values apart. The memory is used again by the next patch. */
  readonly luma: Float32Array;
  readonly width: number;
  readonly height: number;
  /** Where it lies in the picture. */
  readonly left: number;
  readonly top: number;
}

const luma = reserveFloats(PATCH_SIDE * PATCH_SIDE);

/** The part of at most PATCH_SIDE x PATCH_SIDE pixels around the middle of `box`, moved until it lies inside the picture. */
export function cutPatch(picture: Picture, box: Box): Patch {
  const width = Math.min(PATCH_SIDE, picture.width);
  const height = Math.min(PATCH_SIDE, picture.height);
  const left = inside(box.left + box.width / 2 - width / 2, picture.width - width);
  const top = inside(box.top + box.height / 2 - height / 2, picture.height - height);
  const line = picture.width * 3;
  loadPicture(picture);
  loops.cut(top * line + left * 3, line, width, height, luma.byteOffset);
  return { luma, width, height, left, top };
}

function inside(value: number, last: number): number {
  return Math.max(0, Math.min(last, Math.round(value)));
}
