import type { FaceEvidence as WireEvidence } from '@selfsame/contracts/biometrics/v1/evidence';
import {
  ChallengeMethod,
  FaceSearchKind,
  KeptImageKind,
  MatchOutcome,
  SearchOutcome,
  ChallengeFailure as WireFailure,
} from '@selfsame/contracts/biometrics/v1/evidence';
import type {
  ChallengeEvidence,
  ChallengeFailure,
  FaceEvidence,
  FaceMatch,
} from '../domain/features/evidence.ts';
import { readProblem } from './face-problem.ts';

const outcomes: Partial<Record<MatchOutcome, FaceEvidence['match']>> = {
  [MatchOutcome.NOT_ASKED]: 'not_asked',
  [MatchOutcome.COMPARED]: 'compared',
  [MatchOutcome.NO_REFERENCE]: 'no_reference',
};

const searches: Partial<Record<SearchOutcome, FaceEvidence['search']>> = {
  [SearchOutcome.NOT_ASKED]: 'not_asked',
  [SearchOutcome.SEARCHED]: 'searched',
  [SearchOutcome.UNAVAILABLE]: 'unavailable',
};

const kinds: Partial<Record<FaceSearchKind, FaceMatch['kind']>> = {
  [FaceSearchKind.SUBJECT]: 'subject',
  [FaceSearchKind.BLOCKLIST]: 'blocklist',
  [FaceSearchKind.ALLOWLIST]: 'allowlist',
};

const failures: Partial<Record<WireFailure, ChallengeFailure>> = {
  [WireFailure.TOO_FEW_FRAMES]: 'too_few_frames',
  [WireFailure.TOO_MUCH_LIGHT]: 'too_much_light',
  [WireFailure.COLOURS]: 'colours',
  [WireFailure.COLOUR_TIMING]: 'colour_timing',
  [WireFailure.FLAT_REFLECTION]: 'flat_reflection',
  [WireFailure.POSE]: 'pose',
  [WireFailure.POSE_ORDER]: 'pose_order',
  [WireFailure.POSE_TIMING]: 'pose_timing',
  [WireFailure.FLAT_MOTION]: 'flat_motion',
  [WireFailure.IDENTITY]: 'identity',
  [WireFailure.LIVENESS]: 'liveness',
  [WireFailure.FRAMES]: 'frames',
};

const methods: Partial<Record<ChallengeMethod, 'FLASHING' | 'ACTIVE_3D'>> = {
  [ChallengeMethod.FLASHING]: 'FLASHING',
  [ChallengeMethod.ACTIVE_3D]: 'ACTIVE_3D',
};

function imagesOf({ keptImages }: WireEvidence): NonNullable<FaceEvidence['images']> | null {
  const idOf = (kind: KeptImageKind) => keptImages.find((image) => image.kind === kind)?.imageId ?? null;
  const images = { live: idOf(KeptImageKind.LIVE), reference: idOf(KeptImageKind.REFERENCE) };
  return images.live === null && images.reference === null ? null : images;
}

/**
 * Wire → domain. What this version does not know never reads as something harmless: an unknown outcome is no comparison
 * and no search, an unknown failure is one, and a match of an unknown kind is a face of someone else.
 */
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
    images: imagesOf(wire),
    eyesCovered: wire.eyesCovered,
    mouthCovered: wire.mouthCovered,
    mediaSignals: wire.mediaSignals.map(({ name, value, raised }) => ({ name, value, raised })),
    search: searches[wire.searchOutcome] ?? null,
    searchMatches: wire.searchMatches.map((match) => ({
      kind: kinds[match.kind] ?? 'subject',
      sessionId: match.sessionId || null,
      listId: match.listId || null,
      entryId: match.entryId || null,
      similarity: match.similarity,
      session: null,
    })),
    enrolledSimilarity: wire.enrolledSimilarity ?? null,
    enrolledUnreadable: wire.enrolledUnreadable,
    challenge: wire.challenge === undefined ? null : readChallenge(wire.challenge),
    referenceGranted: wire.referenceGranted,
  };
}

function readChallenge(wire: NonNullable<WireEvidence['challenge']>): ChallengeEvidence {
  return {
    method: methods[wire.method] ?? null,
    passed: wire.passed,
    score: wire.score,
    failures: wire.failures.map((failure) => failures[failure] ?? 'other'),
  };
}
