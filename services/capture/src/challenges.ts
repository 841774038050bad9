import { HeadPose } from '@selfsame/contracts/biometrics/v1/service';
import type { BeginChallengeResponse } from '@selfsame/contracts/session/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import type { Origin } from './domain/device.ts';
import { toldUntil } from './domain/session-phase.ts';
import type { ChallengeView, LivenessMethod, HeadPose as WirePose } from './wire.ts';

/**
 * What the next look has to answer, chosen by session for this attempt and none other.
 * @param asked.method the user's choice; absent: the one that the workflow asks for
 * @throws Failure `not_found`, `method_not_offered`, or why session takes no more frames
 */
export async function beginChallenge(
  { neighbours }: Context,
  asked: { tokenSha256: Buffer; attemptId: string; method?: LivenessMethod | undefined; origin: Origin },
): Promise<ChallengeView> {
  const { tokenSha256, attemptId, method = '', origin } = asked;
  const issued = await neighbours.session
    .beginChallenge({ tokenSha256, attemptId, method, ...origin })
    .catch(refused);
  if (issued.expiresAt === undefined) throw incomplete();
  return {
    nonce: issued.nonce,
    expires_at: issued.expiresAt.toISOString(),
    asked: askedOf(issued),
  };
}

/** Why no challenge is issued, in words that the page knows. */
function refused(error: unknown): never {
  if (!(error instanceof Failure)) throw error;
  if (error.kind === 'invalid') {
    throw new Failure('invalid', 'method_not_offered', 'This session does not offer that method.');
  }
  if (error.code !== 'locked_out') throw error;
  // Told as in every other place: rounded, so that it says nothing about when the lock began.
  const until = new Date(Date.now() + (error.retryAfterMs ?? 0));
  const retryAfterMs = Date.parse(toldUntil(until)) - Date.now();
  throw new Failure('precondition', 'locked_out', 'No picture is looked at before a while.', {
    retryAfterMs,
  });
}

function askedOf({ challenge, method }: BeginChallengeResponse): ChallengeView['asked'] {
  const kind = challenge?.kind;
  switch (kind?.$case) {
    case 'flash':
      return {
        method: 'FLASHING',
        steps: kind.value.steps.map(({ colour, durationMs }) => ({
          colour: `#${colour.toString(16).padStart(6, '0')}`,
          duration_ms: durationMs,
        })),
      };
    case 'motion':
      return {
        method: 'ACTIVE_3D',
        steps: kind.value.steps.map(({ pose, withinMs }) => ({
          pose: wirePoses.get(pose) ?? 'front',
          within_ms: withinMs,
        })),
      };
    default:
      if (method !== 'PASSIVE') throw incomplete();
      return { method: 'PASSIVE' };
  }
}

const wirePoses: ReadonlyMap<HeadPose, WirePose> = new Map([
  [HeadPose.FRONT, 'front'],
  [HeadPose.LEFT, 'left'],
  [HeadPose.RIGHT, 'right'],
  [HeadPose.UP, 'up'],
  [HeadPose.DOWN, 'down'],
]);

function incomplete(): Failure {
  return new Failure('internal', 'challenge_incomplete', 'The challenge could not be read.');
}
