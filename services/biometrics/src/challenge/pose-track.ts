import type { HeadPose, MotionStep } from './challenge.ts';

/** Where a head was turned to, in degrees from where it began. Left and right are the person's own. */
export interface Heading {
  readonly atMs: number;
  /** Positive to the person's right, which is image left in a picture that is not mirrored. */
  readonly right: number;
  readonly down: number;
}

/**
 * Degrees that count as the pose. A flat print turned by 50 degrees and more reads as 10 to a side and 12 up or down at
 * most, one bent around half a head 17 to a side but 25 up or down; a head turned as far as is comfortable reads 20 to 40.
 */
const REACHED = { side: 18, height: 13 } as const;
/** Within it in both directions the head is before the camera. */
const FRONT_WITHIN = 10;
/** Of the other axis while a pose is held: people nod a little as they turn. */
const ASTRAY_MAX = 25;
/** Degrees of a movement that has begun; a head held still wanders by three. */
const STARTED = 8;
/** Nobody begins to move sooner after a prompt that has to be read: simple reactions to light take 180 ms and more. */
const REACTION_MIN_MS = 120;
/** Degrees a second between two frames. People turn at 100 to 300; a cut from one picture to another has no limit. */
const SPEED_MAX = 600;

/** What came of one step. */
export interface StepOutcome {
  readonly outcome: 'reached' | 'late' | 'early' | 'other_pose' | 'not_reached' | 'not_seen';
  /** From the prompt to the beginning of the movement; undefined when none was seen, or the step asks for the front. */
  readonly reactionMs: number | undefined;
  /** Degrees that were missing at best; 0 when the pose was reached. */
  readonly missingDegrees: number;
}

/**
 * Follows one step through the track.
 * @param before the pose of the step before, which may be held on for a while
 * @param untilMs when the next step was prompted, or the challenge ended
 */
export function followStep(
  track: readonly Heading[],
  step: MotionStep,
  before: HeadPose,
  untilMs: number,
): StepOutcome {
  const { promptedAtMs, withinMs, pose } = step;
  const during = track.filter(
    ({ atMs }) => atMs >= promptedAtMs && atMs <= Math.max(untilMs, promptedAtMs + withinMs),
  );
  if (during.length < 2) return { outcome: 'not_seen', reactionMs: undefined, missingDegrees: 0 };
  const at = during.findIndex((heading) => isIn(heading, pose));
  const missingDegrees = at >= 0 ? 0 : Math.min(...during.map((heading) => missing(heading, pose)));
  const others = during.slice(0, at >= 0 ? at : undefined).flatMap((heading) => turnedTo(heading) ?? []);
  const reactionMs = pose === 'front' ? undefined : reactionOf(track, during.slice(0, at + 1), step, before);
  const outcome = (): StepOutcome['outcome'] => {
    if (others.some((other) => other !== pose && other !== before)) return 'other_pose';
    const reached = during[at];
    if (reached === undefined) return 'not_reached';
    if (reached.atMs > promptedAtMs + withinMs) return 'late';
    return reactionMs !== undefined && reactionMs < REACTION_MIN_MS ? 'early' : 'reached';
  };
  return { outcome: outcome(), reactionMs, missingDegrees };
}

/** Whether the head ever moved faster than heads do. */
export function hasJump(track: readonly Heading[]): boolean {
  return track.slice(1).some((heading, at) => {
    const { atMs, right, down } = track[at] ?? heading;
    const degrees = Math.hypot(heading.right - right, heading.down - down);
    return degrees > STARTED && degrees > (SPEED_MAX * (heading.atMs - atMs)) / 1000;
  });
}

/** Degrees towards a pose, from before the camera. */
function towards({ right, down }: Heading, pose: HeadPose): number {
  if (pose === 'left') return -right;
  if (pose === 'right') return right;
  if (pose === 'up') return -down;
  if (pose === 'down') return down;
  return 0;
}

function isIn(heading: Heading, pose: HeadPose): boolean {
  return missing(heading, pose) <= 0;
}

function missing(heading: Heading, pose: HeadPose): number {
  const [side, height] = [Math.abs(heading.right), Math.abs(heading.down)];
  if (pose === 'front') return Math.max(side, height) - FRONT_WITHIN;
  const sideways = pose === 'left' || pose === 'right';
  const astray = Math.max(0, (sideways ? height : side) - ASTRAY_MAX);
  return Math.max((sideways ? REACHED.side : REACHED.height) - towards(heading, pose), astray);
}

/** The one pose that a head is clearly turned to, if any: half as far again as to any other. */
function turnedTo(heading: Heading): HeadPose | undefined {
  return (['left', 'right', 'up', 'down'] as const).find(
    (pose) =>
      isIn(heading, pose) &&
      towards(heading, pose) >
        1.5 * Math.abs(pose === 'left' || pose === 'right' ? heading.down : heading.right),
  );
}

/**
 * When the movement towards the pose began, against the prompt; negative when the head was on its way already. Measured
 * where the head leaves the front, so that coming back from the pose before is no movement yet. Between two frames it
 * counts as late as it can have been.
 */
function reactionOf(
  track: readonly Heading[],
  untilReached: readonly Heading[],
  { pose, promptedAtMs }: MotionStep,
  before: HeadPose,
): number | undefined {
  const started = untilReached.find((heading) => towards(heading, pose) >= STARTED);
  if (started === undefined) return undefined;
  const last = track.filter(({ atMs }) => atMs < started.atMs).at(-1);
  const wasUnderWay = last !== undefined && last.atMs < promptedAtMs && towards(last, pose) >= STARTED;
  return wasUnderWay && before !== pose ? last.atMs - promptedAtMs : started.atMs - promptedAtMs;
}
