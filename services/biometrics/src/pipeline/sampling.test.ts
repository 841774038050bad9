import { expect, test } from 'vitest';
import { similarity } from './geometry.ts';
import type { CropForm, Picture } from './picture.ts';
import { resizeCrop, warp } from './sampling.ts';

/** Two by two pixels: red counts 0, 100, 200, 250; green is always 10, blue 20. */
const picture: Picture = {
  width: 2,
  height: 2,
  rgb: Uint8Array.of(0, 10, 20, 100, 10, 20, 200, 10, 20, 250, 10, 20),
};
const rgb: CropForm = { side: 2, order: 'rgb', scale: 1, shift: 0 };

test('a warp by a whole pixel moves the picture and reads 0 outside', () => {
  const out = new Float32Array(12);
  warp(picture, similarity(1, 0, 1, 0), rgb, out);
  expect([...out]).toEqual([0, 0, 0, 200, 0, 10, 0, 10, 0, 20, 0, 20]);
});

test('between two pixels lies their mean; half outside is half as bright', () => {
  const out = new Float32Array(12);
  warp(picture, similarity(1, 0, -0.5, 0), rgb, out);
  expect([...out.subarray(0, 4)]).toEqual([50, 50, 225, 125]);
});

test('planes come in the order and scale that the model wants', () => {
  const out = new Float32Array(12);
  warp(picture, similarity(1, 0, 0, 0), { side: 2, order: 'bgr', scale: 0.5, shift: -1 }, out);
  expect([...out]).toEqual([9, 9, 9, 9, 4, 4, 4, 4, -1, 49, 99, 124]);
});

test('a resize clamps to the crop instead of reading beyond it', () => {
  const out = new Float32Array(48);
  resizeCrop(picture, { x1: 0, y1: 0, x2: 1, y2: 0 }, { ...rgb, side: 4 }, out);
  expect([...out.subarray(0, 8)]).toEqual([0, 25, 75, 100, 0, 25, 75, 100]);
});
