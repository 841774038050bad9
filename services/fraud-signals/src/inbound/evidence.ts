import type { FaceEvidence } from '@selfsame/contracts/biometrics/v1/evidence';
import {
  ChallengeMethod,
  FaceProblem,
  FaceSearchKind,
  MatchOutcome,
  SearchOutcome,
} from '@selfsame/contracts/biometrics/v1/evidence';
import type { SeenFace } from '../domain/look-facts.ts';

const kinds: Partial<Record<FaceSearchKind, SeenFace['matches'][number]['kind']>> = {
  [FaceSearchKind.SUBJECT]: 'subject',
  [FaceSearchKind.BLOCKLIST]: 'blocklist',
  [FaceSearchKind.ALLOWLIST]: 'allowlist',
};

const searches: Partial<Record<SearchOutcome, 'searched' | 'unavailable'>> = {
  [SearchOutcome.SEARCHED]: 'searched',
  [SearchOutcome.UNAVAILABLE]: 'unavailable',
};

const outcomes: Partial<Record<MatchOutcome, string>> = {
  [MatchOutcome.COMPARED]: 'compared',
  [MatchOutcome.NO_REFERENCE]: 'no_reference',
};

/** Wire → domain. A match of an unknown kind is a face of somebody else. */
export function readEvidence(wire: FaceEvidence): SeenFace {
  return {
    faceCount: wire.faceCount,
    problem: wire.problem === FaceProblem.UNSPECIFIED ? null : word(wire.problem, 'FACE_PROBLEM_'),
    livenessScore: wire.livenessScore ?? null,
    quality: wire.faceQuality ?? null,
    luminance: wire.faceLuminance ?? null,
    matchOutcome: outcomes[wire.matchOutcome] ?? null,
    similarity: wire.similarityScore ?? null,
    enrolledSimilarity: wire.enrolledSimilarity ?? null,
    enrolledUnreadable: wire.enrolledUnreadable,
    search: searches[wire.searchOutcome] ?? null,
    matches: wire.searchMatches.map(({ kind, similarity }) => ({
      kind: kinds[kind] ?? 'subject',
      similarity,
    })),
    challenge: wire.challenge === undefined ? null : readChallenge(wire.challenge),
    mediaSignals: wire.mediaSignals.map(({ name, value, raised }) => ({ name, value, raised })),
  };
}

function readChallenge(wire: NonNullable<FaceEvidence['challenge']>): SeenFace['challenge'] {
  const { method, passed, score, failures } = wire;
  return {
    method: method === ChallengeMethod.FLASHING ? 'FLASHING' : 'ACTIVE_3D',
    passed,
    score,
    failures: failures.map((failure) => word(failure, 'CHALLENGE_FAILURE_')),
  };
}

/** COLOUR_TIMING of the wire is colour_timing. */
function word(value: string, prefix: string): string {
  return (value.startsWith(prefix) ? value.slice(prefix.length) : value).toLowerCase();
}
