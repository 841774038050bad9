import { expect, test } from 'vitest';
import type { CropForm, Picture } from './picture.ts';
import { resizeCrop } from './sampling.ts';

/** Two by two pixels: red counts 0, 100, 200, 250; green is always 10, blue 20. */
const picture: Picture = {
  width: 2,
  height: 2,
  rgb: Uint8Array.of(0, 10, 20, 100, 10, 20, 200, 10, 20, 250, 10, 20),
};
const rgb: CropForm = { side: 2, order: 'rgb', scale: 1, shift: 0 };

test('a resize clamps to the crop instead of reading beyond it', () => {
  const out = new Float32Array(48);
  resizeCrop(picture, { x1: 0, y1: 0, x2: 1, y2: 0 }, { ...rgb, side: 4 }, out);
  expect([...out.subarray(0, 8)]).toEqual([0, 25, 75, 100, 0, 25, 75, 100]);
});
