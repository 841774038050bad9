import type { Box, CropForm, Picture } from './picture.ts';
import type { Crop } from './sampling.ts';

/** Input of both MiniFASNets. */
export const LIVENESS_FORM: CropForm = { side: 80, order: 'bgr', scale: 1, shift: 0 };
/** How much of the surroundings each of the two sees, in face sizes: screens and paper betray themselves there. */
export const LIVENESS_SCALES = { near: 2.7, far: 4.0 } as const;

/** The crop of `scale` face sizes around a face, shrunk and shifted until it lies inside the picture. */
export function livenessCrop(picture: Pick<Picture, 'width' | 'height'>, box: Box, scale: number): Crop {
  const factor = Math.min(scale, (picture.width - 1) / box.width, (picture.height - 1) / box.height);
  const [x1, x2] = span(box.left + box.width / 2, box.width * factor, picture.width - 1);
  const [y1, y2] = span(box.top + box.height / 2, box.height * factor, picture.height - 1);
  return { x1, y1, x2, y2 };
}

function span(centre: number, length: number, last: number): [number, number] {
  let from = centre - length / 2;
  let to = centre + length / 2;
  if (from < 0) {
    to -= from;
    from = 0;
  }
  if (to > last) {
    from -= to - last;
    to = last;
  }
  // A face that reaches over two edges may push `from` below 0 again by a rounding error.
  return [Math.max(0, Math.trunc(from)), Math.min(last, Math.trunc(to))];
}

/** Probability 0..1 that a live face was seen: the mean of both models' middle class. */
export function liveProbability(near: Float32Array, far: Float32Array): number {
  return ((near[1] ?? 0) + (far[1] ?? 0)) / 2;
}
