import type { ChallengeJudgement, FlashChallenge, MotionChallenge } from './challenge.ts';
import { combine } from './challenge.ts';
import { type FlashFrame, judgeFlash } from './flash.ts';
import { judgeMotion, type MotionFrame } from './motion.ts';
import { judgePerson, type Sample } from './person.ts';

/** What a page was told to do. */
export type AskedChallenge =
  | ({ readonly kind: 'flash' } & FlashChallenge)
  | ({ readonly kind: 'motion' } & MotionChallenge);

/** A frame as either method wants it: a track of the pipeline and its time. */
export type ChallengeFrame = FlashFrame & MotionFrame;

/** Everything that can be said of a challenge. Pure: the same input is judged the same, at any time. */
export function judgeChallenge(
  challenge: AskedChallenge,
  frames: readonly ChallengeFrame[],
  samples: readonly Sample[],
  compared: Float32Array | undefined,
): ChallengeJudgement {
  const person = judgePerson(samples, compared);
  return challenge.kind === 'flash'
    ? combine('flashing', [judgeFlash(frames, challenge), person])
    : combine('active_3d', [judgeMotion(frames, challenge), person]);
}
