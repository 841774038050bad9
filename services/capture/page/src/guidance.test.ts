import { describe, expect, it } from 'vitest';
import type { GuidanceAnswer } from '../../src/wire.ts';
import { advance, type Guide, holdMs, outlineInPicture, type Reading, startGuide } from './guidance.ts';

const oval = { left: 0.25, top: 0.11, width: 0.45, height: 0.78 };
const goodBox = { left: 0.32, top: 0.25, width: 0.32, height: 0.5 };
const good: GuidanceAnswer = { faces: 1, box: goodBox, luminance: 50 };

/** Feeds readings, one every 250 ms. */
function watch(readings: readonly Partial<Reading>[], from: Guide = startGuide(0)): Guide {
  let guide = from;
  let { lastAt: at } = from;
  for (const reading of readings) {
    at += 250;
    guide = advance(guide, { at, seen: good, luminance: 50, motion: 1, ...reading }, oval);
  }
  return guide;
}
const times = (count: number, reading: Partial<Reading> = {}) => Array.from({ length: count }, () => reading);
const seeing = (changes: Partial<GuidanceAnswer>): Partial<Reading> => ({ seen: { ...good, ...changes } });

describe('guidance', () => {
  it.each([
    ['position', seeing({ faces: 0, box: null })],
    ['alone', seeing({ faces: 2 })],
    ['closer', seeing({ box: { left: 0.42, top: 0.4, width: 0.1, height: 0.2 } })],
    ['back', seeing({ box: { left: 0, top: 0, width: 0.9, height: 0.95 } })],
    ['centre', seeing({ box: { ...goodBox, left: 0.02 } })],
    ['light', seeing({ luminance: 8 })],
    ['glare', seeing({ luminance: 95 })],
    ['still', { motion: 30 }],
    ['good', {}],
  ] as const)('says "%s" when that helps most', (hint, reading) => {
    expect(watch(times(4, reading)).hint).toBe(hint);
  });

  it('takes the frame by itself after a second of a good face, not before', () => {
    expect(watch(times(3)).shoot).toBe(false);
    expect(watch(times(4)).shoot).toBe(true);
    expect(watch(times(4)).goodMs).toBe(holdMs);
  });

  it('pauses for a wobble and starts again when the face is lost', () => {
    const almost = watch(times(3));
    expect(watch([{ motion: 30 }], almost).goodMs).toBe(almost.goodMs);
    expect(watch([seeing({ faces: 0, box: null })], almost).goodMs).toBe(0);
  });

  it('does not count the time that a late answer took as time of a good face', () => {
    const late = advance(startGuide(0), { at: 5_000, seen: good, luminance: 50, motion: 1 }, oval);
    expect(late.shoot).toBe(false);
  });

  it('never takes a frame by itself without the service, for nobody knows whether there is a face', () => {
    expect(watch(times(60, { seen: null })).shoot).toBe(false);
  });

  it('offers the shutter loudly after six seconds, whatever happens', () => {
    expect(watch(times(23, seeing({ luminance: 8 }))).urgeShutter).toBe(false);
    expect(watch(times(24, seeing({ luminance: 8 }))).urgeShutter).toBe(true);
    expect(watch(times(30, { seen: null })).hint).toBe('manual');
  });

  it('keeps a hint long enough to be read', () => {
    const steady = watch(times(4, seeing({ faces: 0, box: null })));
    const dark = watch([seeing({ luminance: 8 })], { ...steady, hintSince: steady.lastAt });
    expect(dark.hint).toBe('position');
    expect(watch(times(3, seeing({ luminance: 8 })), dark).hint).toBe('light');
  });

  it('does not call a well-lit face before a black curtain dark', () => {
    expect(watch(times(4, { luminance: 4 })).hint).toBe('good');
  });

  it('notices a face that wanders', () => {
    const guide = watch(times(2));
    expect(watch([seeing({ box: { ...goodBox, left: 0.4 } })], guide).goodMs).toBe(guide.goodMs);
  });
});

describe('the outline on screen', () => {
  it('is found in a picture that is cut at the sides', () => {
    const found = outlineInPicture(
      { width: 640, height: 480 },
      { width: 300, height: 480 },
      { left: 50, top: 40, width: 200, height: 400 },
    );
    expect(found).toEqual({ left: 220 / 640, top: 40 / 480, width: 200 / 640, height: 400 / 480 });
  });

  it('is found in a picture that is cut above and below, whatever its resolution', () => {
    const found = outlineInPicture(
      { width: 720, height: 1280 },
      { width: 360, height: 360 },
      { left: 90, top: 60, width: 180, height: 240 },
    );
    expect(found.left).toBeCloseTo(0.25);
    expect(found.top).toBeCloseTo((140 + 60) / 640);
    expect(found.height).toBeCloseTo(240 / 640);
  });
});
