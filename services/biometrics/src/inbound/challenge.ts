import {
  type ChallengeEvidence,
  ChallengeFailure,
  ChallengeMethod,
} from '@selfsame/contracts/biometrics/v1/evidence';
import {
  type Challenge,
  type ChallengeFrame,
  type DeepPartial,
  HeadPose,
} from '@selfsame/contracts/biometrics/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import type {
  ChallengeJudgement,
  HeadPose as Pose,
  ChallengeFailure as Reason,
} from '../challenge/challenge.ts';
import type { AskedChallenge } from '../challenge/judge.ts';
import type { ChallengeAttempt } from '../challenged-looks.ts';

const MEGABYTE = 1024 * 1024;
const FRAMES_MAX = 32;
const FRAME_BYTES_MAX = MEGABYTE;
export const CHALLENGE_BYTES_MAX = 10 * MEGABYTE;
const STEPS_MAX = 16;
/** A challenge that lasts longer was forgotten. */
const LASTS_MS_MAX = 120_000;
const COLOUR_MAX = 0xff_ff_ff;

/**
 * Reads the challenge of a request. What a page did wrong is judged; what a caller put together wrong is refused.
 * @returns undefined when none was asked for
 * @throws Failure `request_invalid`, `image_too_large`
 */
export function readChallenge(request: {
  readonly challenge: Challenge | undefined;
  readonly frames: readonly ChallengeFrame[];
}): ChallengeAttempt | undefined {
  const { challenge, frames } = request;
  if (challenge === undefined) {
    if (frames.length > 0) throw invalid('frames need the challenge that they answer.');
    return undefined;
  }
  if (frames.length > FRAMES_MAX) throw invalid(`frames must not exceed ${FRAMES_MAX}.`);
  if (frames.some(({ image }) => image.length > FRAME_BYTES_MAX))
    throw tooLarge('A frame must not exceed 1 MB.');
  const bytes = frames.reduce((sum, { image }) => sum + image.length, 0);
  if (bytes > CHALLENGE_BYTES_MAX) throw tooLarge('All frames must not exceed 10 MB.');
  if (frames.some(({ takenAtMs }) => takenAtMs > LASTS_MS_MAX))
    throw invalid('taken_at_ms must not exceed 120000.');
  return { asked: readAsked(challenge), frames };
}

function readAsked({ kind }: Challenge): AskedChallenge {
  switch (kind?.$case) {
    case 'flash':
      return {
        kind: 'flash',
        steps: checked(kind.value.steps, ({ startsAtMs }) => startsAtMs).map(readColour),
      };
    case 'motion':
      return {
        kind: 'motion',
        steps: checked(kind.value.steps, ({ promptedAtMs }) => promptedAtMs).map(({ pose, ...times }) => ({
          ...times,
          pose: readPose(pose),
        })),
      };
    default:
      throw invalid('challenge must be flash or motion.');
  }
}

function checked<T>(steps: readonly T[], startOf: (step: T) => number): readonly T[] {
  if (steps.length === 0 || steps.length > STEPS_MAX) throw invalid(`steps must be 1 to ${STEPS_MAX}.`);
  const starts = steps.map(startOf);
  if (starts.some((start, at) => start > LASTS_MS_MAX || start <= (starts[at - 1] ?? -1))) {
    throw invalid('steps must begin one after the other, within 120000 ms.');
  }
  return steps;
}

function readColour<T extends { colour: number; durationMs: number }>(step: T): T {
  if (step.colour > COLOUR_MAX) throw invalid('colour must be 0xRRGGBB.');
  if (step.durationMs === 0 || step.durationMs > LASTS_MS_MAX)
    throw invalid('duration_ms must be 1 to 120000.');
  return step;
}

function readPose(pose: HeadPose): Pose {
  const read = poses.get(pose);
  if (read === undefined) throw invalid('pose must be FRONT, LEFT, RIGHT, UP or DOWN.');
  return read;
}

/** The judgement in the proto's words. */
export function challengeEvidence({
  method,
  passed,
  score,
  failures,
}: ChallengeJudgement): DeepPartial<ChallengeEvidence> {
  return {
    method: method === 'flashing' ? ChallengeMethod.FLASHING : ChallengeMethod.ACTIVE_3D,
    passed,
    score,
    failures: failures.map((failure) => reasons[failure]),
  };
}

const poses = new Map<HeadPose, Pose>([
  [HeadPose.FRONT, 'front'],
  [HeadPose.LEFT, 'left'],
  [HeadPose.RIGHT, 'right'],
  [HeadPose.UP, 'up'],
  [HeadPose.DOWN, 'down'],
]);

const reasons: Record<Reason, ChallengeFailure> = {
  flat_reflection: ChallengeFailure.FLAT_REFLECTION,
  flat_motion: ChallengeFailure.FLAT_MOTION,
  identity: ChallengeFailure.IDENTITY,
  liveness: ChallengeFailure.LIVENESS,
  frames: ChallengeFailure.FRAMES,
  colour_timing: ChallengeFailure.COLOUR_TIMING,
  colours: ChallengeFailure.COLOURS,
  pose_order: ChallengeFailure.POSE_ORDER,
  pose_timing: ChallengeFailure.POSE_TIMING,
  pose: ChallengeFailure.POSE,
  too_much_light: ChallengeFailure.TOO_MUCH_LIGHT,
  too_few_frames: ChallengeFailure.TOO_FEW_FRAMES,
};

function invalid(message: string): Failure {
  return new Failure('invalid', 'request_invalid', message);
}

function tooLarge(message: string): Failure {
  return new Failure('invalid', 'image_too_large', message);
}
