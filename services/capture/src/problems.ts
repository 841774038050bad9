import { ChallengeFailure, type FaceEvidence, FaceProblem } from '@selfsame/contracts/biometrics/v1/evidence';
import type { FaceProblem as WireProblem } from './wire.ts';

/**
 * What the user can mend about a look, or undefined when it carries a verdict: a picture that will not do, or a
 * challenge that only circumstances spoiled.
 * @param retriesUncertain whether the workflow lets such a challenge be taken anew
 */
export function problemOf(evidence: FaceEvidence, retriesUncertain: boolean): WireProblem | undefined {
  const problem = faceProblems[evidence.problem];
  if (problem !== undefined || !retriesUncertain) return problem;
  const failures = evidence.challenge?.passed === false ? evidence.challenge.failures : [];
  const circumstances = failures.map((failure) => spoiling[failure]);
  // A single failure of another kind is a verdict, whatever else went wrong.
  return circumstances.includes(undefined) ? undefined : circumstances[0];
}

const faceProblems: Partial<Record<FaceProblem, WireProblem>> = {
  [FaceProblem.NO_FACE]: 'no_face',
  [FaceProblem.MULTIPLE_FACES]: 'multiple_faces',
  [FaceProblem.TOO_SMALL]: 'too_small',
  [FaceProblem.TOO_DARK]: 'too_dark',
  [FaceProblem.TOO_BRIGHT]: 'too_bright',
  [FaceProblem.TURNED_AWAY]: 'turned_away',
  [FaceProblem.LOW_QUALITY]: 'low_quality',
  [FaceProblem.BLURRED]: 'blurred',
  [FaceProblem.COVERED]: 'covered',
};

const spoiling: Partial<Record<ChallengeFailure, WireProblem>> = {
  [ChallengeFailure.TOO_MUCH_LIGHT]: 'too_much_light',
  [ChallengeFailure.TOO_FEW_FRAMES]: 'too_few_frames',
  [ChallengeFailure.POSE]: 'pose_missed',
  [ChallengeFailure.POSE_TIMING]: 'pose_missed',
};
