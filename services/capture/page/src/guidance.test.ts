import { describe, expect, it } from 'vitest';
import type { GuidanceAnswer } from '../../src/wire.ts';
import { advance, fade, type Guide, type Hint, type Reading, startGuide, toneOf } from './guidance.ts';

const oval = { left: 0.25, top: 0.11, width: 0.45, height: 0.78 };
const goodBox = { left: 0.32, top: 0.25, width: 0.32, height: 0.5 };
const good: GuidanceAnswer = {
  faces: 1,
  box: goodBox,
  luminance: 50,
  surroundings: 45,
  angles: { yaw: 2, pitch: -3, roll: 1 },
  sharpness: 40,
  eyes_covered: false,
  mouth_covered: false,
};

/** Feeds readings, one every `everyMs`. */
function watch(
  readings: readonly Partial<Reading>[],
  { from = startGuide(0), everyMs = 250, enrols = false } = {},
): Guide {
  let guide: Guide = from;
  let { lastAt: at } = from;
  for (const reading of readings) {
    at += everyMs;
    guide = advance(guide, { at, seen: good, luminance: 50, motion: 1, ...reading }, oval, enrols);
  }
  return guide;
}
const times = (count: number, reading: Partial<Reading> = {}) => Array.from({ length: count }, () => reading);
const seeing = (changes: Partial<GuidanceAnswer>): Partial<Reading> => ({ seen: { ...good, ...changes } });
const angles = { yaw: 0, pitch: 0, roll: 0 };

/** What could be better about a face whose frame would do. */
const improvable: [Hint, Partial<Reading>][] = [
  ['closer', seeing({ box: { left: 0.37, top: 0.34, width: 0.2, height: 0.3 } })],
  ['back', seeing({ box: { left: 0.02, top: 0.02, width: 0.9, height: 0.95 } })],
  ['centre', seeing({ box: { ...goodBox, left: 0.02 } })],
  ['light', seeing({ luminance: 18, surroundings: 20 })],
  ['backlight', seeing({ luminance: 30, surroundings: 80 })],
  ['glare', seeing({ luminance: 82 })],
  ['uncover_eyes', seeing({ eyes_covered: true })],
  ['uncover_face', seeing({ mouth_covered: true })],
  ['look_straight', seeing({ angles: { ...angles, yaw: -21 } })],
  ['look_straight', seeing({ angles: { ...angles, pitch: 23 } })],
  ['level', seeing({ angles: { ...angles, roll: 24 } })],
];

/** What would cost the user an attempt. */
const unacceptable: [Hint, Partial<Reading>][] = [
  ['position', seeing({ faces: 0, box: null })],
  ['alone', seeing({ faces: 2 })],
  ['closer', seeing({ box: { left: 0.42, top: 0.4, width: 0.1, height: 0.2 } })],
  ['centre', seeing({ box: { ...goodBox, left: -0.12 } })],
  ['light', seeing({ luminance: 8, surroundings: 10 })],
  ['glare', seeing({ luminance: 95 })],
  ['uncover_face', seeing({ eyes_covered: true, mouth_covered: true })],
  ['look_straight', seeing({ angles: { ...angles, yaw: 40 } })],
  ['still', seeing({ sharpness: 2 })],
];

describe('guidance', () => {
  it.each([...improvable, ...unacceptable, ['still', { motion: 30 }], ['good', {}]] as typeof improvable)(
    'says "%s" when that helps most',
    (hint, reading) => expect(watch(times(4, reading)).hint).toBe(hint),
  );

  it('takes the frame by itself after a second of a good face, not before', () => {
    expect(watch(times(3))).toMatchObject({ shoot: false, share: 0.75 });
    expect(watch(times(4))).toMatchObject({ shoot: true, share: 1 });
    expect(watch(times(7), { everyMs: 125 }).shoot).toBe(false);
    expect(watch(times(8), { everyMs: 125 }).shoot).toBe(true);
  });

  const isMovement = ([hint]: readonly [Hint, unknown]) =>
    ['closer', 'back', 'centre', 'level', 'look_straight'].includes(hint);

  it.each(improvable.filter((one) => !isMovement(one)))(
    'does not wait longer than two seconds for "%s" to be mended',
    (_hint, reading) => {
      expect(watch(times(7, reading)).shoot).toBe(false);
      expect(watch(times(8, reading)).shoot).toBe(true);
    },
  );

  it.each(improvable.filter(isMovement))(
    'waits for "%s" without a ring that fills, and not longer than four seconds',
    (_hint, reading) => {
      expect(watch(times(15, reading))).toMatchObject({ shoot: false, isGood: false, share: 0 });
      expect(watch(times(16, reading)).shoot).toBe(true);
    },
  );

  it.each([...improvable, ...unacceptable])('is never good while "%s" is to be mended', (_hint, reading) => {
    expect(watch([reading], { from: watch(times(3)), everyMs: 125 }).isGood).toBe(false);
  });

  it('claims nothing that it has not just seen, and later says nothing of it', () => {
    const guide = watch(times(3));
    expect(fade(guide, guide.lastAt + 900)).toBe(guide);
    const stale = fade(guide, guide.lastAt + 1_100);
    expect(stale).toMatchObject({ hint: 'good', isGood: false, share: 0, shoot: false });
    expect(toneOf(stale)).toBe('calm');
    expect(fade(guide, guide.lastAt + 2_600)).toMatchObject({ hint: 'position', isGood: false });
    const closer = watch(times(4, improvable[0]?.[1]));
    expect(fade(closer, closer.lastAt + 2_600).hint).toBe('position');
    expect(watch([{}], { from: fade(guide, guide.lastAt + 2_600) })).toMatchObject({
      hint: 'good',
      shoot: true,
    });
  });

  it('is good only when the picture that was judged is no older than a second', () => {
    expect(watch([{ takenAt: -1_000 }])).toMatchObject({ hint: 'good', isGood: false });
    expect(watch([{ takenAt: 0 }])).toMatchObject({ hint: 'good', isGood: true });
  });

  it.each(unacceptable)('never takes a frame that would be refused: "%s"', (_hint, reading) => {
    expect(watch(times(80, reading))).toMatchObject({ shoot: false, urgeShutter: true });
  });

  it('waits a little longer for a covered face that is to be kept, but not for ever', () => {
    const glasses = seeing({ eyes_covered: true });
    expect(watch(times(19, glasses), { enrols: true }).shoot).toBe(false);
    expect(watch(times(20, glasses), { enrols: true }).shoot).toBe(true);
  });

  it('pauses for a wobble, and takes the frame of someone who cannot hold still in the end', () => {
    const almost = watch(times(3));
    const wobbling = watch([{ motion: 30 }], { from: almost });
    expect(wobbling).toMatchObject({ goodMs: almost.goodMs, shoot: false });
    expect(watch(times(11, { motion: 30 })).shoot).toBe(false);
    expect(watch(times(12, { motion: 30 })).shoot).toBe(true);
  });

  it('starts again when the face is lost', () => {
    expect(watch([seeing({ faces: 0, box: null })], { from: watch(times(3)) })).toMatchObject({
      goodMs: 0,
      share: 0,
    });
  });

  it('neither counts a moment that nobody looked at nor forgets what was before it', () => {
    const guide = watch(times(3, { seen: null }), { from: watch(times(3)) });
    expect(guide).toMatchObject({ shoot: false, goodMs: 750 });
    expect(watch([{}], { from: guide }).shoot).toBe(true);
  });

  it('does not count the time that a late answer took as time of a good face', () => {
    const late = advance(startGuide(0), { at: 5_000, seen: good, luminance: 50, motion: 1 }, oval);
    expect(late.shoot).toBe(false);
  });

  it('never takes a frame by itself while nobody can tell whether there is a face', () => {
    expect(watch(times(60, { seen: null }))).toMatchObject({
      shoot: false,
      urgeShutter: true,
      hint: 'manual',
    });
  });

  it('takes what the eyes of the browser see, which know neither pose nor covers', () => {
    expect(watch(times(4, seeing({ angles: null, sharpness: null }))).shoot).toBe(true);
  });

  it('speaks of light even without the service', () => {
    expect(watch(times(4, { seen: null, luminance: 3 })).hint).toBe('light');
    expect(watch(times(4, { seen: null, luminance: 97 })).hint).toBe('glare');
  });

  it('offers the shutter loudly after six seconds, whatever happens', () => {
    expect(watch(times(23, seeing({ luminance: 8 }))).urgeShutter).toBe(false);
    expect(watch(times(24, seeing({ luminance: 8 }))).urgeShutter).toBe(true);
  });

  it('keeps a hint long enough to be read, and says "good" at once', () => {
    const closer = watch(times(4, improvable[0]?.[1]));
    const lit = watch([seeing({ luminance: 18 })], { from: closer, everyMs: 125 });
    expect(lit.hint).toBe('closer');
    expect(watch([{}], { from: lit, everyMs: 125 }).hint).toBe('good');
  });

  it('points to where the face is', () => {
    const { offset } = watch([seeing({ box: { ...goodBox, left: 0.02 } })]);
    expect(offset.x).toBeLessThan(-0.5);
    expect(offset.y).toBeCloseTo(0, 1);
  });

  it('has one colour for each kind of hint', () => {
    const tones = (['good', 'position', 'manual', 'backlight', 'offline'] as const).map((hint) =>
      toneOf({ hint, isGood: hint === 'good' }),
    );
    expect(tones).toEqual(['good', 'calm', 'calm', 'warn', 'warn']);
  });
});
