import { expect, test } from 'vitest';
import type { Affine } from './geometry.ts';
import { inverse, similarity } from './geometry.ts';
import type { CropForm, Picture } from './picture.ts';
import { createPixels } from './pixels.ts';

const pixels = createPixels();

/** Two by two pixels: red counts 0, 100, 200, 250; green is always 10, blue 20. */
const picture: Picture = {
  width: 2,
  height: 2,
  rgb: Uint8Array.of(0, 10, 20, 100, 10, 20, 200, 10, 20, 250, 10, 20),
};
const rgb: CropForm = { side: 2, order: 'rgb', scale: 1, shift: 0 };

/** The same noise each time. */
function noise(width: number, height: number): Picture {
  let seed = width * height;
  const next = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed >>> 24;
  };
  return { width, height, rgb: Uint8Array.from({ length: width * height * 3 }, next) };
}

/** What a crop is, in so many words. */
function plainWarp({ width, height, rgb: bytes }: Picture, map: Affine, form: CropForm): Float32Array {
  const { side, order, scale, shift } = form;
  const back = inverse(map);
  return Float32Array.from({ length: 3 * side * side }, (_, index) => {
    const plane = Math.floor(index / side ** 2);
    const [row, column] = [Math.floor(index / side) % side, index % side];
    const channel = order === 'rgb' ? plane : 2 - plane;
    const x = back.a * column + back.b * row + back.tx;
    const y = back.c * column + back.d * row + back.ty;
    let sum = 0;
    for (const left of [Math.floor(x), Math.floor(x) + 1]) {
      for (const top of [Math.floor(y), Math.floor(y) + 1]) {
        if (left < 0 || left >= width || top < 0 || top >= height) continue;
        const weight = (1 - Math.abs(x - left)) * (1 - Math.abs(y - top));
        sum += weight * (bytes[(top * width + left) * 3 + channel] ?? 0);
      }
    }
    return sum * scale + shift;
  });
}

test('a warp by a whole pixel moves the picture and reads 0 outside', () => {
  const out = pixels.tensor(12);
  pixels.warp(picture, similarity(1, 0, 1, 0), rgb, out);
  expect([...out]).toEqual([0, 0, 0, 200, 0, 10, 0, 10, 0, 20, 0, 20]);
});

test('between two pixels lies their mean; half outside is half as bright', () => {
  const out = pixels.tensor(12);
  pixels.warp(picture, similarity(1, 0, -0.5, 0), rgb, out);
  expect([...out.subarray(0, 4)]).toEqual([50, 50, 225, 125]);
});

test('planes come in the order and scale that the model wants', () => {
  const out = pixels.tensor(12);
  pixels.warp(picture, similarity(1, 0, 0, 0), { side: 2, order: 'bgr', scale: 0.5, shift: -1 }, out);
  expect([...out]).toEqual([9, 9, 9, 9, 4, 4, 4, 4, -1, 49, 99, 124]);
});

test.each<[string, Affine]>([
  ['inside', similarity(0.5, 0.03, -20, -30)],
  ['turned, over two edges', similarity(0.3, 0.2, 10, 5)],
  ['larger than the picture', similarity(0.05, 0.01, 20, 20)],
  ['enlarged', similarity(3, -0.4, -100, -80)],
  ['stretched', { a: 0.4, b: 0.02, tx: 3, c: -0.01, d: 0.5, ty: 4 }],
  ['beside the picture', similarity(1, 0, 5_000, 5_000)],
])('a crop that lies %s is the plain sum of its neighbours', (_, map) => {
  for (const [width, height] of [
    [121, 93],
    [640, 480],
    [1, 1],
    [3, 200],
  ] as const) {
    const source = noise(width, height);
    const form: CropForm = { side: 64, order: 'bgr', scale: 1 / 128, shift: -1 };
    const out = pixels.tensor(3 * 64 * 64);
    pixels.warp(source, map, form, out);
    const expected = plainWarp(source, map, form);
    const worst = Math.max(...out.map((value, index) => Math.abs(value - (expected[index] ?? Number.NaN))));
    expect(worst, `${width}x${height}`).toBeLessThan(1e-5);
  }
});

test('a map without numbers gives values, and nothing beside the crop is touched', () => {
  const out = pixels.tensor(24).fill(7);
  const nowhere = similarity(Number.NaN, 0, 0, 0);
  pixels.warp(picture, nowhere, rgb, out.subarray(0, 12));
  expect([...out.subarray(12)]).toEqual(Array(12).fill(7));
  expect(out.every(Number.isFinite)).toBe(true);
});

test.each([
  [1, 1],
  [3, 2],
  [4, 4],
  [29, 31],
  [64, 64],
])('a picture of %ix%i fills its canvas, the rest is zero', (width, height) => {
  const source = noise(width, height);
  const canvas = { width: 64, height: 96 };
  const plane = canvas.width * canvas.height;
  const out = pixels.tensor(3 * plane + 8).fill(7);
  pixels.fillCanvas(source, canvas, out.subarray(0, 3 * plane));
  const expected = new Float32Array(3 * plane);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (const channel of [0, 1, 2]) {
        const value = source.rgb[(y * width + x) * 3 + channel] ?? 0;
        expected[(2 - channel) * plane + y * canvas.width + x] = value;
      }
    }
  }
  expect(Buffer.compare(Buffer.from(out.slice(0, 3 * plane).buffer), Buffer.from(expected.buffer))).toBe(0);
  expect([...out.subarray(3 * plane)]).toEqual(Array(8).fill(7));
});

test('a picture beyond the working size is refused, not written over the tensor', () => {
  const out = pixels.tensor(12);
  expect(() => pixels.warp(noise(641, 640), similarity(1, 0, 0, 0), rgb, out)).toThrow(RangeError);
  expect(() => pixels.warp({ ...picture, width: 3 }, similarity(1, 0, 0, 0), rgb, out)).toThrow(RangeError);
  expect(() => pixels.warp(picture, similarity(1, 0, 0, 0), rgb, new Float32Array(12))).toThrow(RangeError);
});
