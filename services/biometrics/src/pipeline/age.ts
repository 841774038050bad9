import type { Affine } from './geometry.ts';
import { similarity } from './geometry.ts';
import type { Box, CropForm } from './picture.ts';

/** Input of the age model, before the mean is taken off. */
export const AGE_FORM: CropForm = { side: 112, order: 'rgb', scale: 1 / 256, shift: 0 };
/** Mean red, green and blue 0..255 of the pictures that the model was trained with. */
const MEAN = [122.782, 117.001, 104.298] as const;

/** The map from the picture to the upright square around a face. */
export function ageCrop(box: Box): Affine {
  const scale = AGE_FORM.side / Math.max(box.width, box.height);
  const middle = AGE_FORM.side / 2 - 0.5;
  const x = box.left + box.width / 2;
  const y = box.top + box.height / 2;
  return similarity(scale, 0, middle - scale * x, middle - scale * y);
}

/** Takes the mean off a crop in AGE_FORM, in place. */
export function centreAgeCrop(crop: Float32Array): void {
  const plane = AGE_FORM.side ** 2;
  MEAN.forEach((mean, channel) => {
    for (let at = channel * plane; at < (channel + 1) * plane; at += 1) {
      crop[at] = (crop[at] ?? 0) - mean * AGE_FORM.scale;
    }
  });
}
