import type { ChallengeFailure, Finding, MotionChallenge } from './challenge.ts';
import type { TimedFrame } from './frames.ts';
import { freshFrames, judgeFrames } from './frames.ts';
import { type Parallax, parallaxBetween } from './parallax.ts';
import type { Heading, StepOutcome } from './pose-track.ts';
import { followStep, hasJump } from './pose-track.ts';
import { medianOf } from './regression.ts';

/** One frame of a motion challenge, as the pipeline tracked it. */
export interface MotionFrame extends TimedFrame {
  /** undefined when no face was found. Pose in degrees (yaw > 0: image left); mesh 468 points x, y, z in pixels. */
  readonly landmarks:
    | { readonly pose: { readonly yaw: number; readonly pitch: number }; readonly mesh: Float32Array }
    | undefined;
}

const FRAMES_MIN = 8;
/** The prompt of the first pose reaches nobody sooner: until then the head is where it begins. */
const STILL_MS = 150;
/** The challenge begins before the camera. Pitch: a frontal face reads about five. */
const BEGINNING = { yawMax: 25, pitch: 5, pitchMax: 25 } as const;
/**
 * A frame looks flat when the points moved as those of a plane turned this far to a side, and less than that of a head is
 * left over. Flat prints left 0.0024 of the eyes' distance for each degree at most, heads turned to a side by 15 degrees
 * and more, in photos and simulated, 0.0048 at least. A head that looks up leaves 0.0023, as a print does: nods are not
 * judged. So may a blink or a grimace, which is why it has to last.
 */
const PLANE_ANGLE_MIN = 22;
const FLAT_RESIDUAL_PER_DEGREE = 0.003;
const FLAT_LASTS_MS = 500;
const FLAT_FRAMES_MIN = 3;
/** Change of the face's own shape between frames, in distances of the eyes: a still picture, swayed by hand, shows none. */
const STILL_ENERGY_MAX = 0.0008;

/** Everything that was measured; the judgement follows from it. */
export interface MotionMeasurement {
  readonly steps: readonly StepOutcome[];
  readonly began: boolean;
  readonly jumped: boolean;
  readonly flat: boolean;
  /** Largest residual that no plane explains, in distances of the eyes. */
  readonly parallax: number;
  /** Median change of shape between frames. */
  readonly microMotion: number;
}

/**
 * Judges whether a head took the poses that were asked for, in order and in human time, and moved as a head does.
 * @param frames in the order in which they were taken, not mirrored, `takenAtMs` on the clock of the prompts
 */
export function judgeMotion(frames: readonly MotionFrame[], challenge: MotionChallenge): Finding {
  const sanity = judgeFrames(frames);
  const measured = measureMotion(frames, challenge);
  if (measured === undefined) {
    return { failures: [...sanity.failures, 'too_few_frames'], score: 0, signals: sanity.signals };
  }
  const failures = failuresOf(measured);
  const { steps, parallax, microMotion } = measured;
  const reactions = steps.flatMap(({ reactionMs }) => reactionMs ?? []);
  const reactionMs = reactions.length > 0 ? [Math.min(...reactions)] : [];
  const inOrder = !failures.includes('pose_order') && !failures.includes('pose');
  const error = Math.max(0, ...steps.map(({ missingDegrees }) => missingDegrees));
  const met = steps.filter(({ outcome }) => outcome === 'reached').length / steps.length;
  return {
    failures: [...sanity.failures, ...failures],
    score: 100 * met,
    signals: [
      ...sanity.signals,
      { name: 'face_challenge_order_ok', value: inOrder ? 1 : 0, raised: failures.includes('pose_order') },
      ...reactionMs.map((value) => ({
        name: 'face_challenge_reaction_ms',
        value,
        raised: steps.some(({ outcome }) => outcome === 'early'),
      })),
      { name: 'face_challenge_pose_error_deg', value: error, raised: failures.includes('pose') },
      { name: 'face_depth_parallax_score', value: parallax, raised: failures.includes('flat_motion') },
      { name: 'face_micro_motion_energy', value: microMotion, raised: microMotion < STILL_ENERGY_MAX },
    ],
  };
}

function failuresOf({ steps, began, jumped, flat }: MotionMeasurement): ChallengeFailure[] {
  const outcomes = new Set(steps.map(({ outcome }) => outcome));
  const found: (ChallengeFailure | false)[] = [
    flat && 'flat_motion',
    outcomes.has('other_pose') && 'pose_order',
    (outcomes.has('early') || outcomes.has('late') || jumped) && 'pose_timing',
    (outcomes.has('not_reached') || !began) && 'pose',
    outcomes.has('not_seen') && 'too_few_frames',
  ];
  return found.filter((failure) => failure !== false);
}

/** @returns undefined when there are too few frames with a face, or none from before the first prompt took effect */
export function measureMotion(
  frames: readonly MotionFrame[],
  { steps }: MotionChallenge,
): MotionMeasurement | undefined {
  const seen = freshFrames(frames).flatMap(({ takenAtMs, landmarks }) =>
    landmarks === undefined ? [] : { takenAtMs, ...landmarks },
  );
  const [first] = steps;
  const still = seen.filter(({ takenAtMs }) => takenAtMs <= (first?.promptedAtMs ?? 0) + STILL_MS);
  const beginning = still[0];
  if (first === undefined || beginning === undefined || seen.length < FRAMES_MIN) return undefined;
  const yaw = medianOf(still.map(({ pose }) => pose.yaw));
  const pitch = medianOf(still.map(({ pose }) => pose.pitch));
  const track = seen.map<Heading>(({ takenAtMs, pose }) => ({
    atMs: takenAtMs,
    right: pose.yaw - yaw,
    down: pose.pitch - pitch,
  }));
  const end = track.at(-1)?.atMs ?? 0;
  const moves = seen.map(({ mesh }) => parallaxBetween(beginning.mesh, mesh));
  const changes = seen.slice(1).map(({ mesh }, at) => parallaxBetween(seen[at]?.mesh ?? mesh, mesh).residual);
  return {
    steps: steps.map((step, at) =>
      followStep(track, step, steps[at - 1]?.pose ?? 'front', steps[at + 1]?.promptedAtMs ?? end),
    ),
    began: Math.abs(yaw) <= BEGINNING.yawMax && Math.abs(pitch - BEGINNING.pitch) <= BEGINNING.pitchMax,
    jumped: hasJump(track),
    flat: staysFlat(track, moves),
    parallax: Math.max(0, ...moves.map(({ residual }) => residual)),
    microMotion: medianOf(changes),
  };
}

/** Whether the face kept looking like a turned plane, frame after frame. */
function staysFlat(track: readonly Heading[], moves: readonly Parallax[]): boolean {
  let run: Heading[] = [];
  return moves.some(({ planeAngle, sideways, residual }, at) => {
    const heading = track[at];
    const flat =
      sideways && planeAngle >= PLANE_ANGLE_MIN && residual < FLAT_RESIDUAL_PER_DEGREE * planeAngle;
    run = flat && heading !== undefined ? [...run, heading] : [];
    return run.length >= FLAT_FRAMES_MIN && (run.at(-1)?.atMs ?? 0) - (run[0]?.atMs ?? 0) >= FLAT_LASTS_MS;
  });
}
