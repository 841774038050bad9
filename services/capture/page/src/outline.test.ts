import { describe, expect, it } from 'vitest';
import { outlineInPicture, shareInside } from './outline.ts';

describe('the outline in the picture', () => {
  it('is where it is on screen when picture and stage have one shape', () => {
    const stage = { width: 640, height: 480 };
    const outline = { left: 160, top: 48, width: 320, height: 384 };
    expect(outlineInPicture({ width: 1280, height: 960 }, stage, outline)).toEqual({
      left: 0.25,
      top: 0.1,
      width: 0.5,
      height: 0.8,
    });
  });

  it('counts the parts of a wide picture that a tall stage cuts off', () => {
    const outline = { left: 0, top: 0, width: 300, height: 400 };
    const place = outlineInPicture({ width: 1600, height: 900 }, { width: 300, height: 400 }, outline);
    expect(place.width).toBeCloseTo(675 / 1600);
    expect(place.left).toBeCloseTo((1 - 675 / 1600) / 2);
    expect(place.height).toBeCloseTo(1);
  });
});

describe('the share of a box that is in the picture', () => {
  it.each([
    [{ left: 0.2, top: 0.2, width: 0.5, height: 0.5 }, 1],
    [{ left: -0.25, top: 0, width: 0.5, height: 1 }, 0.5],
    [{ left: 1.2, top: 0, width: 0.5, height: 1 }, 0],
  ])('%j → %d', (box, share) => expect(shareInside(box)).toBeCloseTo(share));
});
