import type { Challenge as WireChallenge } from '@selfsame/contracts/biometrics/v1/service';
import { HeadPose as WirePose } from '@selfsame/contracts/biometrics/v1/service';
import type { BeginChallengeResponse, UsedChallenge } from '@selfsame/contracts/session/v1/service';
import type { AnsweredChallenge, IssuedChallenge } from '../challenges.ts';
import type { ChallengePlan, HeadPose } from '../domain/challenge-plan.ts';

/** An issued challenge in the proto's words. */
export function issuedChallenge({ challenge, nonce }: IssuedChallenge): BeginChallengeResponse {
  const { method, plan, expiresAt } = challenge;
  return { nonce, method, challenge: wirePlan(plan), expiresAt };
}

/** A challenge that frames answer, in the proto's words. */
export function usedChallenge({ challenge, nonceMatches }: AnsweredChallenge): UsedChallenge {
  const { method, plan, issuedAt } = challenge;
  return { method, challenge: wirePlan(plan), issuedAt, nonceMatches };
}

/** @returns undefined for PASSIVE: there is nothing to show or to ask for */
function wirePlan(plan: ChallengePlan): WireChallenge | undefined {
  switch (plan.method) {
    case 'PASSIVE':
      return undefined;
    case 'FLASHING':
      return { kind: { $case: 'flash', value: { steps: [...plan.steps] } } };
    case 'ACTIVE_3D': {
      const steps = plan.steps.map(({ pose, ...times }) => ({ ...times, pose: poses[pose] }));
      return { kind: { $case: 'motion', value: { steps } } };
    }
  }
}

const poses: Record<HeadPose, WirePose> = {
  front: WirePose.FRONT,
  left: WirePose.LEFT,
  right: WirePose.RIGHT,
  up: WirePose.UP,
  down: WirePose.DOWN,
};
