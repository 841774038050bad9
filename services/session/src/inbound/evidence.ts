import type { FaceEvidence as WireEvidence } from '@selfsame/contracts/biometrics/v1/evidence';
import { MatchOutcome } from '@selfsame/contracts/biometrics/v1/evidence';
import type { FaceEvidence } from '../domain/features/evidence.ts';
import { readProblem } from '../outbound/face-problem.ts';

const outcomes: Partial<Record<MatchOutcome, FaceEvidence['match']>> = {
  [MatchOutcome.NOT_ASKED]: 'not_asked',
  [MatchOutcome.COMPARED]: 'compared',
  [MatchOutcome.NO_REFERENCE]: 'no_reference',
};

/** Wire → domain; an outcome that this version does not know counts as no comparison. */
export function readEvidence(wire: WireEvidence): FaceEvidence {
  return {
    faceCount: wire.faceCount,
    problem: readProblem(wire.problem),
    livenessScore: wire.livenessScore ?? null,
    faceQuality: wire.faceQuality ?? null,
    faceLuminance: wire.faceLuminance ?? null,
    match: outcomes[wire.matchOutcome] ?? null,
    similarityScore: wire.similarityScore ?? null,
    pipelineVersion: wire.pipelineVersion,
    candidateId: wire.candidateId || null,
  };
}
