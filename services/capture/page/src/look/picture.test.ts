import { describe, expect, it } from 'vitest';
import { fitted, measure, motionBetween, narrowed } from './picture.ts';

const picture = (shade: (column: number) => number) =>
  new Uint8ClampedArray(
    Array.from({ length: 32 * 24 }, (_, index) => {
      const grey = shade(index % 32);
      return [grey, grey, grey, 255];
    }).flat(),
  );

describe('a glance at the picture', () => {
  it('measures light from 0 to 100', () => {
    expect(measure(picture(() => 0)).luminance).toBe(0);
    expect(measure(picture(() => 255)).luminance).toBeCloseTo(100, 5);
  });

  it('looks at the middle, where the face is', () => {
    const spotlight = measure(picture((column) => (column >= 8 && column < 24 ? 200 : 0)));
    expect(spotlight.luminance).toBeCloseTo((200 / 255) * 100, 0);
  });

  it('tells a steady picture from a moving one', () => {
    const before = measure(picture((column) => (column < 16 ? 250 : 10)));
    const after = measure(picture((column) => (column < 12 ? 250 : 10)));
    expect(motionBetween(before, before)).toBe(0);
    expect(motionBetween(before, after)).toBeGreaterThan(9);
  });
});

it('a picture is made smaller in proportion, never larger', () => {
  expect(fitted(1920, 1080, 1280)).toEqual([1280, 720]);
  expect(fitted(1080, 1920, 640)).toEqual([360, 640]);
  expect(fitted(480, 640, 1280)).toEqual([480, 640]);
  expect(fitted(0, 0, 1280)).toEqual([1, 1]);
  expect(narrowed(960, 1280, 480)).toEqual([480, 640]);
  expect(narrowed(1280, 720, 480)).toEqual([853, 480]);
  expect(narrowed(320, 240, 480)).toEqual([320, 240]);
});
