import { describe, expect, test } from 'vitest';
import type { ChallengeFailure, HeadPose, MotionStep } from './challenge.ts';
import { judgeMotion, type MotionFrame, measureMotion } from './motion.ts';

function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Where what is measured lies on a head, in millimetres: x to image right, y down, the camera at negative z. */
const ANATOMY: Record<number, readonly [number, number, number]> = {
  33: [-45, -25, -42],
  263: [45, -25, -42],
  133: [-17, -24, -46],
  362: [17, -24, -46],
  168: [0, -32, -52],
  6: [0, -25, -52],
  197: [0, -12, -60],
  195: [0, -3, -68],
  5: [0, 5, -76],
  4: [0, 14, -80],
  1: [0, 18, -79],
  48: [-15, 20, -62],
  278: [15, 20, -62],
  98: [-12, 24, -62],
  327: [12, 24, -62],
  127: [-70, -25, 10],
  356: [70, -25, 10],
  234: [-72, 0, 15],
  454: [72, 0, 15],
  93: [-70, 15, 10],
  323: [70, 15, 10],
};

/** 468 points; those that matter where they belong, the others on an ellipsoid of 70 x 90 x 60. */
const HEAD = Array.from({ length: 468 }, (_, at): readonly [number, number, number] => {
  const y = 1.8 * ((at + 0.5) / 468) - 0.9;
  const angle = (at * 2.399_963) % Math.PI;
  const ring = Math.sqrt(1 - y * y);
  return ANATOMY[at] ?? [70 * ring * Math.cos(angle), 90 * y, -60 * ring * Math.sin(angle)];
});

interface Moment {
  readonly yaw: number;
  readonly pitch: number;
}

/** What the pipeline tells of a head, or of a flat picture of one, that is turned like this. */
function seen(atMs: number, { yaw, pitch }: Moment, random: () => number, flat = false): MotionFrame {
  const [a, b] = [(yaw * Math.PI) / 180, (pitch * Math.PI) / 180];
  const mesh = new Float32Array(468 * 3);
  HEAD.forEach(([x, y, depth], at) => {
    const z = flat ? 0 : depth;
    const x1 = x * Math.cos(a) + z * Math.sin(a);
    const z1 = -x * Math.sin(a) + z * Math.cos(a);
    mesh[at * 3] = 320 + x1 + 0.3 * (random() - 0.5);
    mesh[at * 3 + 1] = 240 + y * Math.cos(b) - z1 * Math.sin(b) + 0.3 * (random() - 0.5);
    mesh[at * 3 + 2] = y * Math.sin(b) + z1 * Math.cos(b);
  });
  // The models read a sixth of the turn of a flat picture.
  const share = flat ? 1 / 6 : 1;
  return {
    takenAtMs: atMs,
    fingerprint: {
      digest: `${atMs}`,
      likeness: '0'.repeat(16),
      grain: Int8Array.from({ length: 64 }, () => 40 * random() - 20),
    },
    landmarks: {
      pose: { yaw: share * yaw + 2 * random() - 1, pitch: 5 + share * pitch + 2 * random() - 1 },
      mesh,
    },
  };
}

const TURNS: Record<HeadPose, Moment> = {
  front: { yaw: 0, pitch: 0 },
  // The person's left is image right, where yaw is negative.
  left: { yaw: -30, pitch: 3 },
  right: { yaw: 30, pitch: 3 },
  up: { yaw: 0, pitch: -20 },
  down: { yaw: 0, pitch: 20 },
};

/** Prompts 1.5 s apart, the first after half a second, back to the front after each turn. */
function asked(...poses: HeadPose[]): MotionStep[] {
  return poses
    .flatMap((pose): HeadPose[] => [pose, 'front'])
    .map((pose, at) => ({ pose, promptedAtMs: 500 + 1500 * at, withinMs: 1200 }));
}

interface Performance {
  /** What the head really does; the same as asked unless given. */
  readonly done?: readonly MotionStep[];
  readonly reactionMs?: number;
  readonly turnMs?: number;
  readonly everyMs?: number;
  readonly flat?: boolean;
}

function perform(steps: readonly MotionStep[], random: () => number, given: Performance = {}): MotionFrame[] {
  const {
    done = steps,
    reactionMs = 250 + 300 * random(),
    turnMs = 450,
    everyMs = 200,
    flat = false,
  } = given;
  const end = (steps.at(-1)?.promptedAtMs ?? 0) + 1500;
  return Array.from({ length: Math.floor(end / everyMs) }, (_, at) => {
    const atMs = at * everyMs + Math.floor(20 * random());
    let moment: Moment = TURNS.front;
    for (const { pose, promptedAtMs } of done) {
      const share = Math.max(0, Math.min(1, (atMs - promptedAtMs - reactionMs) / turnMs));
      const smooth = share * share * (3 - 2 * share);
      const goal = TURNS[pose];
      moment = {
        yaw: moment.yaw + smooth * (goal.yaw - moment.yaw),
        pitch: moment.pitch + smooth * (goal.pitch - moment.pitch),
      };
    }
    return seen(atMs, moment, random, flat);
  });
}

const SEEDS = Array.from({ length: 25 }, (_, seed) => seed + 1);
const ORDERS: HeadPose[][] = [
  ['left', 'up'],
  ['right', 'left'],
  ['down', 'right'],
  ['up', 'left', 'right'],
];

function failuresOf(seed: number, given: Performance, change = (frames: MotionFrame[]) => frames) {
  const random = randomFrom(seed);
  const steps = asked(...(ORDERS[seed % ORDERS.length] ?? []));
  return judgeMotion(change(perform(steps, random, given)), { steps }).failures;
}

describe('a head that does what it is asked', () => {
  test.each<[string, Performance]>([
    ['at its own pace', {}],
    ['seen four times a second', { everyMs: 250 }],
    ['seen twelve times a second', { everyMs: 80 }],
    ['as fast as people are', { reactionMs: 180, turnMs: 250 }],
    ['slowly', { reactionMs: 500, turnMs: 600 }],
  ])('passes %s', (_, given) => {
    for (const seed of SEEDS) expect(failuresOf(seed, given)).toEqual([]);
  });

  test('has its reaction measured to within a frame', () => {
    const random = randomFrom(5);
    const steps = asked('left');
    const measured = measureMotion(perform(steps, random, { reactionMs: 400, everyMs: 60 }), { steps });
    const reaction = measured?.steps[0]?.reactionMs ?? 0;
    expect(reaction).toBeGreaterThan(400);
    expect(reaction).toBeLessThan(400 + 450 / 2 + 60);
  });
});

describe('what a person before the camera does not do', () => {
  test.each<[string, Performance, ChallengeFailure]>([
    ['moving at the prompt', { reactionMs: 0, everyMs: 80, turnMs: 200 }, 'pose_timing'],
    ['moving before the prompt', { reactionMs: -400 }, 'pose_timing'],
    ['arriving after the time', { reactionMs: 1100, turnMs: 300 }, 'pose_timing'],
    ['jumping from pose to pose', { turnMs: 1, everyMs: 40 }, 'pose_timing'],
    ['doing nothing', { done: [] }, 'pose'],
    ['a flat picture, turned as far as a head', { flat: true }, 'pose'],
  ])('%s', (_, given, failure) => {
    for (const seed of SEEDS) expect(failuresOf(seed, given)).toContain(failure);
  });

  test('another order, and the other side', () => {
    const steps = asked('left', 'up');
    for (const done of [asked('up', 'left'), asked('right', 'up')]) {
      for (const seed of SEEDS) {
        const { failures, signals } = judgeMotion(perform(steps, randomFrom(seed), { done }), { steps });
        expect(failures).toContain('pose_order');
        expect(signals).toContainEqual({ name: 'face_challenge_order_ok', value: 0, raised: true });
      }
    }
  });

  test('a flat picture that is turned far moves as a plane', () => {
    const swing = Array.from({ length: 20 }, (_, at) => {
      const yaw = 45 * Math.sin((at / 20) * 2 * Math.PI);
      return seen(at * 200, { yaw, pitch: 0 }, randomFrom(at), true);
    });
    const { failures } = judgeMotion(swing, { steps: asked('left') });
    expect(failures).toContain('flat_motion');
  });

  test('a head is never called flat, wherever it looks', () => {
    for (const seed of SEEDS) {
      const random = randomFrom(seed);
      const roam = Array.from({ length: 25 }, (_, at) =>
        seen(at * 200, { yaw: 35 * Math.sin(at / 3 + seed), pitch: 20 * Math.sin(at / 5) }, random),
      );
      expect(judgeMotion(roam, { steps: asked('left') }).failures).not.toContain('flat_motion');
    }
  });
});

test.each<[string, (frames: MotionFrame[]) => MotionFrame[], ChallengeFailure]>([
  ['no frames', () => [], 'too_few_frames'],
  ['the second half is missing', (frames) => frames.slice(0, frames.length / 2), 'too_few_frames'],
  ['nothing from before the first prompt', (frames) => frames.slice(6), 'too_few_frames'],
  ['backwards', (frames) => frames.toReversed(), 'frames'],
  [
    'backwards with times that rise',
    (frames) => frames.map((frame, at) => ({ ...frame, ...frames.at(-1 - at), takenAtMs: frame.takenAtMs })),
    'pose_order',
  ],
  [
    'frozen',
    (frames) =>
      frames.map((frame, at) => ({
        ...frame,
        fingerprint: frames[Math.min(at, 5)]?.fingerprint ?? frame.fingerprint,
      })),
    'frames',
  ],
])('%s', (_, change, failure) => {
  for (const seed of SEEDS) expect(failuresOf(seed, {}, change)).toContain(failure);
});

test('a face that is lost for a moment does no harm', () => {
  for (const seed of SEEDS) {
    expect(
      failuresOf(seed, { everyMs: 120 }, (frames) =>
        frames.map((frame, at) => (at % 7 === 3 ? { ...frame, landmarks: undefined } : frame)),
      ),
    ).toEqual([]);
  }
});
