import type { Box, Picture } from '../pipeline/picture.ts';

/** A part of a picture in luma 0..255 at its own resolution: what compression and screens leave is gone once it is resized. */
export interface Patch {
  /** Rows from the top, `width` values each. The memory is used again by the next patch. */
  readonly luma: Float32Array;
  readonly width: number;
  readonly height: number;
  /** Where it lies in the picture. */
  readonly left: number;
  readonly top: number;
}

/** The part of at most `side` x `side` pixels around the middle of `box`, moved until it lies inside the picture. */
export function cutPatch(picture: Picture, box: Box, side: number, memory: Float32Array): Patch {
  const width = Math.min(side, picture.width);
  const height = Math.min(side, picture.height);
  const left = inside(box.left + box.width / 2 - width / 2, picture.width - width);
  const top = inside(box.top + box.height / 2 - height / 2, picture.height - height);
  const { rgb } = picture;
  let at = 0;
  for (let y = top; y < top + height; y += 1) {
    let from = (y * picture.width + left) * 3;
    for (let x = 0; x < width; x += 1) {
      memory[at] = 0.299 * (rgb[from] ?? 0) + 0.587 * (rgb[from + 1] ?? 0) + 0.114 * (rgb[from + 2] ?? 0);
      at += 1;
      from += 3;
    }
  }
  return { luma: memory, width, height, left, top };
}

function inside(value: number, last: number): number {
  return Math.max(0, Math.min(last, Math.round(value)));
}
