import type { ChallengeView, HeadAngles, HeadPose } from '../../../src/wire.ts';

/** What an ACTIVE_3D look asks for. */
export type MotionPlan = ChallengeView['asked'] & { method: 'ACTIVE_3D' };
type MotionStep = MotionPlan['steps'][number];

/**
 * Degrees from where the head began, until which a pose is asked for: somewhat beyond the 18 and 13 that count, since
 * thumbnails show angles a little late and a little wrong.
 */
const beyond = { side: 22, height: 16 } as const;
/** After this share of a step's time what counts is enough: not every neck turns further. */
const lenientShare = 0.55;
const enough = { side: 19, height: 14 } as const;
/** Before the camera again, in both directions. The service allows ten. */
const frontWithin = { soon: 6, later: 8 } as const;
/** A prompt stays for at least this long, so that it is read, and the movement before it seen. */
const promptMsMin = 500;
/** Without an answer for this long nobody knows where the head is: the clock prompts. */
const silenceMs = 1_500;
const blindMs = { turn: 2_400, front: 1_600 } as const;
/** A step ends this long before its time, so that the prompt of the next one is in time as well. */
const spareMs = 150;

/** How far the prompts have come. Milliseconds since the challenge began. */
export interface Turn {
  /** When each step so far was prompted; the last of them is asked for now. */
  readonly promptedAtMs: readonly number[];
  /** Steps that the angles have shown to be reached. */
  readonly reached: number;
  /** The step before was seen to be reached. */
  readonly isReached: boolean;
  /** The first pose whose time was over while the angles were known and wrong. */
  readonly missed: HeadPose | null;
  readonly isOver: boolean;
  readonly heardAtMs: number;
}

/** What was last seen of the head: its angles against those at the beginning, null while nobody knows. */
export interface Heading {
  readonly atMs: number;
  readonly angles: HeadAngles | null;
}

/** The first prompt. */
export function startTurn(atMs: number): Turn {
  return { promptedAtMs: [atMs], reached: 0, isReached: false, missed: null, isOver: false, heardAtMs: atMs };
}

/** How far the prompts have come after one more look, or after some time without one. */
export function nextTurn(turn: Turn, steps: readonly MotionStep[], { atMs, angles }: Heading): Turn {
  const at = turn.promptedAtMs.length - 1;
  const step = steps[at];
  if (turn.isOver || step === undefined) return turn;
  const heardAtMs = angles === null ? turn.heardAtMs : atMs;
  const sinceMs = atMs - (turn.promptedAtMs[at] ?? atMs);
  const forward = (more: Partial<Turn>): Turn => {
    const isOver = at + 1 >= steps.length;
    const promptedAtMs = isOver ? turn.promptedAtMs : [...turn.promptedAtMs, Math.round(atMs)];
    return { ...turn, heardAtMs, promptedAtMs, isReached: false, isOver, ...more };
  };
  const isLenient = sinceMs >= lenientShare * step.within_ms;
  if (angles !== null && isReached(step.pose, angles, isLenient) && sinceMs >= promptMsMin) {
    return forward({ reached: turn.reached + 1, isReached: true });
  }
  const isBlind = atMs - heardAtMs >= Math.min(silenceMs, sinceMs);
  const timeMs = Math.min(
    step.within_ms - spareMs,
    isBlind ? blindMs[step.pose === 'front' ? 'front' : 'turn'] : Number.POSITIVE_INFINITY,
  );
  if (sinceMs >= timeMs) return forward({ missed: turn.missed ?? (isBlind ? null : step.pose) });
  return { ...turn, heardAtMs };
}

/** Whether a head that has turned by these angles is in a pose. Left is the person's own, yaw below 0. */
export function isReached(pose: HeadPose, { yaw, pitch }: HeadAngles, isLenient = false): boolean {
  const { side, height } = isLenient ? enough : beyond;
  switch (pose) {
    case 'left':
      return -yaw >= side;
    case 'right':
      return yaw >= side;
    case 'up':
      return pitch >= height;
    case 'down':
      return -pitch >= height;
    case 'front':
      return Math.max(Math.abs(yaw), Math.abs(pitch)) <= (isLenient ? frontWithin.later : frontWithin.soon);
  }
}

/** Angles against those of a head that looked into the camera: the median of the last few before the first prompt. */
export function relativeTo(beginning: readonly HeadAngles[], angles: HeadAngles): HeadAngles {
  return {
    yaw: angles.yaw - median(beginning.map(({ yaw }) => yaw)),
    pitch: angles.pitch - median(beginning.map(({ pitch }) => pitch)),
    roll: angles.roll - median(beginning.map(({ roll }) => roll)),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? 0;
}
