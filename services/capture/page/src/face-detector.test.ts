import { expect, it, describe as suite } from 'vitest';
import { describe, ownEyes } from './face-detector.ts';
import { makeGrey } from './thumbnail.ts';

/** 40x30 pixels of one grey, with a box of another. */
function picture(
  around: number,
  inside: number,
  box: { left: number; top: number; width: number; height: number },
) {
  const [width, height] = [40, 30];
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x / width, y / height];
      const isInside =
        u >= box.left && u <= box.left + box.width && v >= box.top && v <= box.top + box.height;
      data.fill(isInside ? inside : around, (y * width + x) * 4, (y * width + x) * 4 + 4);
    }
  }
  return { data, width, height };
}
const box = { left: 0.25, top: 0.2, width: 0.5, height: 0.6 };

suite('what the browser’s own detector sees', () => {
  it('is told in the words of the service: the largest face and its light', () => {
    const seen = describe([{ ...box, width: 0.1 }, box], picture(204, 51, box));
    expect(seen).toMatchObject({ faces: 1, box, angles: null, sharpness: null, eyes_covered: false });
    expect(seen.luminance).toBeCloseTo(20, 0);
    expect(seen.surroundings).toBeCloseTo(80, 0);
  });

  it('counts a second face that is near, not one in the background', () => {
    expect(describe([box, { ...box, width: 0.3 }], picture(100, 100, box)).faces).toBe(2);
    expect(describe([], picture(127.5, 127.5, box))).toMatchObject({ faces: 0, box: null });
  });

  it('is nothing where there is no detector', async () => {
    expect(await ownEyes()({} as HTMLCanvasElement)).toBeNull();
  });
});

it('grey keeps the light of colours and leaves opacity alone', () => {
  const pixels = new Uint8ClampedArray([255, 0, 0, 255, 0, 255, 0, 128, 10, 10, 10, 0]);
  makeGrey(pixels);
  expect([...pixels]).toEqual([76, 76, 76, 255, 150, 150, 150, 128, 10, 10, 10, 0]);
});
