import { describe, expect, test } from 'vitest';
import type { ChallengeFailure, FlashStep } from './challenge.ts';
import { type FlashFrame, judgeFlash, measureFlash } from './flash.ts';
import { screenLight } from './reflection.ts';
import { FACE_REGIONS, type FaceRegion, type LinearColour } from './regions.ts';

/** Numbers 0..1 that repeat with the seed. */
function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

const COLOURS = [0xff0000, 0x00ff00, 0x0000ff, 0xffff00, 0x00ffff, 0xff00ff];

/** A sequence as a server should choose it: each colour once, in any order. */
function sequence(random: () => number): FlashStep[] {
  const order = COLOURS.map((colour) => ({ colour, place: random() })).sort(
    (one, other) => one.place - other.place,
  );
  return order.map(({ colour }, at) => ({ colour, startsAtMs: at * 400, durationMs: 400 }));
}

/** How a head takes up light from before it, against the light of the room: measured on the scenes of the lab. */
const HEAD: Record<FaceRegion, number> = {
  forehead: 1,
  nose: 1.15,
  leftCheek: 0.95,
  rightCheek: 1.05,
  leftSide: 0.35,
  rightSide: 0.6,
  chin: 1.1,
};
const FLAT = Object.fromEntries(FACE_REGIONS.map((region) => [region, 1])) as typeof HEAD;

interface Lighting {
  readonly relief: typeof HEAD;
  readonly strength: number;
  readonly delayMs: number;
  /** Deviation of a region's mean as a share. */
  readonly noise: number;
  /** What the screen really showed. */
  readonly shown: readonly FlashStep[];
  readonly background: boolean;
  readonly clipped: number;
}

/** Frames of a lit face, by the colours of its regions alone. */
function lit(steps: readonly FlashStep[], random: () => number, given: Partial<Lighting> = {}): FlashFrame[] {
  const lighting: Lighting = {
    relief: HEAD,
    strength: 0.2,
    delayMs: 60 + 180 * random(),
    noise: 0.004,
    shown: steps,
    background: true,
    clipped: 0,
    ...given,
  };
  const { relief, strength, delayMs, noise, shown } = lighting;
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const skin = [0.5, 0.3, 0.2];
  const exposureDrift = 0.3 * (random() - 0.5);
  const lastMs = (steps.at(-1)?.startsAtMs ?? 0) + 400;
  return Array.from({ length: 30 }, (_, at) => {
    const takenAtMs = at * (lastMs / 30) + 10 * random();
    const now = takenAtMs - delayMs - 15;
    const step = shown.find(
      ({ startsAtMs, durationMs }) => now >= startsAtMs && now < startsAtMs + durationMs,
    );
    const light = step === undefined ? [0, 0, 0] : screenLight(step.colour);
    const exposure = 1 + exposureDrift * (takenAtMs / lastMs) + 0.02 * Math.sin(takenAtMs / 300);
    const colour = (gain: number, own: readonly number[]): LinearColour => {
      const [red = 0, green = 0, blue = 0] = own.map(
        (value, channel) =>
          value * exposure * (1 + strength * gain * (light[channel] ?? 0)) * (1 + noise * gauss()),
      );
      return { red, green, blue };
    };
    return {
      takenAtMs,
      fingerprint: {
        digest: `${at}`,
        likeness: '0'.repeat(16),
        grain: Int8Array.from({ length: 64 }, () => 40 * random() - 20),
      },
      regions: {
        face: Object.fromEntries(
          FACE_REGIONS.map((region) => [region, colour(relief[region], skin)]),
        ) as Record<FaceRegion, LinearColour>,
        background: lighting.background ? colour(0.06, [0.2, 0.22, 0.25]) : undefined,
        clipped: lighting.clipped,
      },
    };
  });
}

const SEEDS = Array.from({ length: 24 }, (_, seed) => seed + 1);

/** Failures of all sequences, counted. */
function outcomes(scene: (steps: FlashStep[], random: () => number) => FlashFrame[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const seed of SEEDS) {
    const random = randomFrom(seed);
    const steps = sequence(random);
    const { failures } = judgeFlash(scene(steps, random), { steps });
    const key = failures.join() || 'passed';
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

describe('a head before the screen', () => {
  test('passes with any sequence, delay, drift of exposure and background', () => {
    expect(outcomes((steps, random) => lit(steps, random))).toEqual({ passed: 24 });
    expect(outcomes((steps, random) => lit(steps, random, { background: false }))).toEqual({ passed: 24 });
    expect(outcomes((steps, random) => lit(steps, random, { strength: 1.5 }))).toEqual({ passed: 24 });
  });

  test('is timed to within a frame', () => {
    for (const seed of SEEDS) {
      const random = randomFrom(seed);
      const steps = sequence(random);
      const measured = measureFlash(lit(steps, random, { delayMs: 140 }), { steps });
      expect(Math.abs((measured?.live.delayMs ?? 0) - 155)).toBeLessThan(85);
    }
  });

  test('may lose every second frame on the way', () => {
    const { passed = 0 } = outcomes((steps, random) => lit(steps, random).filter((_, at) => at % 2 === 0));
    expect(passed).toBeGreaterThan(20);
  });

  test('in the sun is told of the light, or of a reflection that nobody can see, and never passes', () => {
    const drowned = outcomes((steps, random) =>
      lit(steps, random, { strength: 0.004, noise: 0.006, clipped: 0.3 }),
    );
    expect(drowned).toEqual({ too_much_light: 24 });
  });
});

describe('what does not reflect the colours of this moment', () => {
  test('two neighbours the other way round are enough to fail', () => {
    for (const seed of SEEDS) {
      const random = randomFrom(seed);
      const steps = sequence(random);
      const at = seed % 5;
      const swapped = new Map([
        [at, at + 1],
        [at + 1, at],
      ]);
      const shown = steps.map((step, place) => ({
        ...step,
        colour: steps[swapped.get(place) ?? place]?.colour ?? 0,
      }));
      expect(judgeFlash(lit(steps, random, { shown }), { steps }).failures).not.toEqual([]);
    }
  });

  test('a print takes them up evenly', () => {
    expect(outcomes((steps, random) => lit(steps, random, { relief: FLAT }))).toEqual({
      flat_reflection: 24,
    });
    expect(outcomes((steps, random) => lit(steps, random, { relief: FLAT, background: false }))).toEqual({
      flat_reflection: 24,
    });
  });

  test('an injected stream, or a display, shows none', () => {
    const { passed = 0, flat_reflection = 0 } = outcomes((steps, random) =>
      lit(steps, random, { strength: 0 }),
    );
    expect(passed + flat_reflection).toBe(0);
  });

  test('a recording of another challenge shows others', () => {
    const replayed = outcomes((steps, random) => lit(steps, random, { shown: sequence(random) }));
    expect(replayed.passed ?? 0).toBe(0);
  });

  test.each<[string, (steps: FlashStep[]) => FlashStep[]]>([
    [
      'the colours in reverse',
      (steps) => steps.map((step, at) => ({ ...step, colour: steps.at(-1 - at)?.colour ?? 0 })),
    ],
    ['each a second late', (steps) => steps.map((step) => ({ ...step, startsAtMs: step.startsAtMs + 1000 }))],
    [
      'each before it was shown',
      (steps) => steps.map((step) => ({ ...step, startsAtMs: step.startsAtMs - 500 })),
    ],
  ])('%s', (_, change) => {
    let timing = 0;
    for (const seed of SEEDS) {
      const random = randomFrom(seed);
      const steps = sequence(random);
      const shown = change(steps);
      const { failures } = judgeFlash(lit(steps, random, { shown }), { steps });
      expect(failures).not.toEqual([]);
      if (failures.includes('colour_timing')) timing += 1;
    }
    expect(timing).toBeGreaterThan(SEEDS.length / 2);
  });
});

test('the same frames are judged the same again', () => {
  const random = randomFrom(3);
  const steps = sequence(random);
  const frames = lit(steps, random);
  expect(judgeFlash(frames, { steps })).toEqual(judgeFlash(frames, { steps }));
});

test.each<[string, (frames: FlashFrame[]) => FlashFrame[], ChallengeFailure]>([
  ['no frames', () => [], 'too_few_frames'],
  ['half of the time', (frames) => frames.slice(0, 15), 'too_few_frames'],
  [
    'no face in most of them',
    (frames) => frames.map((frame, at) => (at % 5 === 0 ? frame : { ...frame, regions: undefined })),
    'too_few_frames',
  ],
  ['backwards', (frames) => frames.toReversed(), 'frames'],
  [
    'frozen',
    (frames) =>
      frames.map((frame) => ({ ...frame, fingerprint: frames[0]?.fingerprint ?? frame.fingerprint })),
    'frames',
  ],
])('%s', (_, change, failure) => {
  const random = randomFrom(7);
  const steps = sequence(random);
  expect(judgeFlash(change(lit(steps, random)), { steps }).failures).toContain(failure);
});
