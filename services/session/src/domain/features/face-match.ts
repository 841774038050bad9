import type { Evidence, FaceEvidence } from './evidence.ts';
import type { Finding } from './feature.ts';
import { actionSeverity, belowThresholds, defineFeature, imageUrl, readScore } from './feature.ts';
import { samePersonSimilarity } from './same-person.ts';
import type { SettingsOf } from './settings.ts';
import { action, choice, integer, score } from './settings.ts';

const settings = {
  face_match_score_decline_threshold: score(50),
  face_match_score_review_threshold: score(samePersonSimilarity),
  face_match_max_attempts: integer(1, 3, 3),
  face_match_not_computed_action: choice(['REVIEW', 'DECLINE'], 'DECLINE'),
  eyes_covered_action: action('REVIEW'),
  mouth_covered_action: action('REVIEW'),
  face_covered_action: action('DECLINE'),
} as const;

/** FACE_MATCH: is it the person of the submitted portrait or of the earlier enrolment? */
export const faceMatch = defineFeature({
  name: 'FACE_MATCH',
  aliases: [],
  capture: 'face',
  shared: { part: 'kyc', details: ['reference'] },
  after: ['LIVENESS'],
  settings,
  maxAttempts: 'face_match_max_attempts',
  // Warnings spell the feature without the underscore.
  warningFeature: 'FACEMATCH',
  risks: {
    NO_REFERENCE_IMAGE: ['No reference face', 'There is no face to compare with.'],
    LOW_FACE_MATCH_SIMILARITY: [
      'Low face match similarity',
      'The face is not similar enough to the one it is compared with: its score is at or below a threshold.',
    ],
    FACE_MATCH_NOT_COMPUTED: [
      'Face match not computed',
      'The picture did not allow a comparison with the face on file.',
    ],
    FACE_MATCH_MAX_ATTEMPTS_EXCEEDED: [
      'Face match attempts used up',
      'The attempts are used up, and no picture allowed a comparison with the face on file.',
    ],
    EYES_COVERED: ['Eyes covered', 'The eyes are covered, by dark glasses perhaps.'],
    MOUTH_COVERED: ['Mouth covered', 'The mouth is covered, by a mask perhaps.'],
    FACE_COVERED: ['Face covered', 'Eyes and mouth are covered, so little is left to compare.'],
  },
  details: () => ({}),
  judge(config, evidence) {
    const { face } = evidence;
    if (face === null) return null;
    const similarity = face.match === 'compared' ? readScore(face.similarityScore) : null;
    const compared = comparison(config, face, similarity, evidence);
    // Without a comparison there was nothing that could come from anywhere.
    const reference = similarity === null ? null : (evidence.reference ?? null);
    const details = { reference, ...keptImages(face) };
    return { score: similarity, findings: [...compared, ...covered(config, face)], details };
  },
  blockKey: 'face_matches',
  block: (report, sessionId, _known, images) => ({
    node_id: report.node_id,
    status: report.status,
    score: report.score,
    reference: report.details.reference ?? null,
    source_image_session_id: sessionId,
    source_image: imageUrl(report, 'reference_image', images),
    target_image: imageUrl(report, 'live_image', images),
    warnings: report.warnings,
  }),
  summaryKey: 'face',
  summary: (report) => ({
    status: report.status,
    similarity_score: report.score === null ? null : Math.round(report.score * 100) / 10_000,
  }),
  listKey: 'face_match',
  listSummary: (report) => ({ score: report.score, source_image: null, target_image: null }),
});

type Settings = SettingsOf<typeof settings>;

/** What was compared, where it was kept. */
function keptImages({ images }: FaceEvidence): Record<string, string> {
  return {
    ...(images?.live ? { live_image: images.live } : {}),
    ...(images?.reference ? { reference_image: images.reference } : {}),
  };
}

function comparison(
  config: Settings,
  face: FaceEvidence,
  similarity: number | null,
  { attemptsUsedUp }: Evidence,
): Finding[] {
  if (face.match === 'no_reference') return [{ risk: 'NO_REFERENCE_IMAGE', severity: 'error' }];
  if (similarity === null) {
    const severity = config.face_match_not_computed_action === 'DECLINE' ? 'error' : 'warning';
    const risk = attemptsUsedUp === true ? 'FACE_MATCH_MAX_ATTEMPTS_EXCEEDED' : 'FACE_MATCH_NOT_COMPUTED';
    return [{ risk, severity }];
  }
  const severity = belowThresholds(
    similarity,
    config.face_match_score_decline_threshold,
    config.face_match_score_review_threshold,
  );
  return severity === null ? [] : [{ risk: 'LOW_FACE_MATCH_SIMILARITY', severity }];
}

/** Half a face may still compare well; whether that is enough, the workflow says. */
function covered(config: Settings, face: FaceEvidence): Finding[] {
  if (face.problem === 'covered' || (face.eyesCovered && face.mouthCovered)) {
    return [{ risk: 'FACE_COVERED', severity: actionSeverity(config.face_covered_action) }];
  }
  const found: Finding[] = [];
  if (face.eyesCovered) {
    found.push({ risk: 'EYES_COVERED', severity: actionSeverity(config.eyes_covered_action) });
  }
  if (face.mouthCovered) {
    found.push({ risk: 'MOUTH_COVERED', severity: actionSeverity(config.mouth_covered_action) });
  }
  return found;
}
