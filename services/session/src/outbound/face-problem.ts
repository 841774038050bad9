import { FaceProblem as WireProblem } from '@selfsame/contracts/biometrics/v1/evidence';
import type { FaceProblem } from '../domain/features/evidence.ts';

const problems: Partial<Record<WireProblem, FaceProblem>> = {
  [WireProblem.NO_FACE]: 'no_face',
  [WireProblem.MULTIPLE_FACES]: 'multiple_faces',
  [WireProblem.TOO_SMALL]: 'too_small',
  [WireProblem.TOO_DARK]: 'too_dark',
  [WireProblem.TOO_BRIGHT]: 'too_bright',
  [WireProblem.TURNED_AWAY]: 'turned_away',
  [WireProblem.LOW_QUALITY]: 'low_quality',
  [WireProblem.BLURRED]: 'blurred',
  [WireProblem.COVERED]: 'covered',
};

/** Wire → domain. A problem that this version does not know still is one: it reads as low quality. */
export function readProblem(problem: WireProblem): FaceProblem | null {
  if (problem === WireProblem.UNSPECIFIED) return null;
  return problems[problem] ?? 'low_quality';
}
