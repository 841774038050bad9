import type { FaceEvidence } from '../src/domain/features/evidence.ts';

/** An ordinary, live, matching face that resembles nobody else's. */
export const goodFace: FaceEvidence = {
  faceCount: 1,
  problem: null,
  livenessScore: 96.4,
  faceQuality: 60,
  faceLuminance: 55,
  match: 'compared',
  similarityScore: 95.2,
  pipelineVersion: 'test',
  candidateId: null,
  eyesCovered: false,
  mouthCovered: false,
  mediaSignals: [],
  search: 'searched',
  searchMatches: [],
  enrolledSimilarity: null,
  enrolledUnreadable: false,
  challenge: null,
};
