import type { FaceEvidence } from './evidence.ts';
import type { Finding, Severity } from './feature.ts';
import { actionSeverity, belowThresholds, defineFeature, readScore } from './feature.ts';
import type { SettingsOf } from './settings.ts';
import { action, choice, integer, score } from './settings.ts';

const settings = {
  // The hosted page takes one passive frame; a method that it cannot perform is refused, never silently replaced.
  face_liveness_method: choice(['PASSIVE'], 'PASSIVE'),
  face_liveness_score_decline_threshold: score(50),
  face_liveness_score_review_threshold: score(70),
  face_liveness_max_attempts: integer(1, 3, 3),
  face_liveness_multiple_faces_action: action('REVIEW'),
  // The quality model reads 57 to 62 on good photos; below 40 embeddings become unreliable.
  face_quality_decline_threshold: score(30),
  face_quality_review_threshold: score(40),
  face_luminance_min_threshold: score(10),
  face_luminance_min_action: action('REVIEW'),
  face_luminance_max_threshold: score(95),
  face_luminance_max_action: action('REVIEW'),
} as const;

type Settings = SettingsOf<typeof settings>;

/** LIVENESS: is a living person before the camera, seen well enough to say so? */
export const liveness = defineFeature({
  name: 'LIVENESS',
  aliases: ['FACE'],
  capture: 'face',
  after: [],
  settings,
  maxAttempts: 'face_liveness_max_attempts',
  warningFeature: 'LIVENESS',
  risks: {
    NO_FACE_DETECTED: [
      'No face detected',
      'No face could be found in the picture, so nothing could be checked.',
    ],
    LIVENESS_FACE_ATTACK: [
      'Liveness attack suspected',
      'The picture reads as a screen, a print or another imitation of a face rather than a living person.',
    ],
    LOW_LIVENESS_SCORE: [
      'Low liveness score',
      'The liveness score is at or below a threshold of the workflow, so a living person is not certain.',
    ],
    LOW_FACE_QUALITY: [
      'Low face quality',
      'The face is too blurred, too small or too far turned to be relied on.',
    ],
    LOW_FACE_LUMINANCE: ['Face too dark', 'There is too little light on the face.'],
    HIGH_FACE_LUMINANCE: ['Face too bright', 'There is too much light on the face.'],
    MULTIPLE_FACES_DETECTED: [
      'Several faces detected',
      'More than one face is in the picture; the largest one was checked.',
    ],
  },
  details: (config) => ({ method: config.face_liveness_method, face_quality: null, face_luminance: null }),
  judge(config, { face }) {
    if (face === null) return null;
    return {
      score: readScore(face.livenessScore),
      findings: hasNoFace(face) ? [{ risk: 'NO_FACE_DETECTED', severity: 'error' }] : findings(config, face),
      details: {
        face_quality: readScore(face.faceQuality),
        face_luminance: readScore(face.faceLuminance),
      },
    };
  },
  blockKey: 'liveness_checks',
  block: (report) => ({
    node_id: report.node_id,
    status: report.status,
    method: report.details.method ?? null,
    score: report.score,
    // Raw pictures end with the request that brought them.
    reference_image: null,
    video_url: null,
    age_estimation: null,
    face_quality: report.details.face_quality ?? null,
    face_luminance: report.details.face_luminance ?? null,
    matches: [],
    warnings: report.warnings,
  }),
  summaryKey: 'liveness',
  summary: (report) => ({
    status: report.status,
    method: report.details.method ?? null,
    score: report.score,
  }),
  listKey: 'liveness',
  listSummary: (report) => ({ method: report.details.method ?? null, score: report.score }),
});

function hasNoFace(face: FaceEvidence): boolean {
  return face.faceCount === 0 || face.problem === 'no_face';
}

function findings(config: Settings, face: FaceEvidence): Finding[] {
  const found: Finding[] = [];
  const add = (risk: string, severity: Severity | null) => {
    if (severity !== null) found.push({ risk, severity });
  };
  const decline = config.face_liveness_score_decline_threshold;
  const livenessScore = readScore(face.livenessScore);
  // Far below the threshold there is no doubt left that a review could settle: at or below half of it.
  add('LIVENESS_FACE_ATTACK', livenessScore !== null && livenessScore <= decline / 2 ? 'error' : null);
  add(
    'LOW_LIVENESS_SCORE',
    belowThresholds(livenessScore, decline, config.face_liveness_score_review_threshold),
  );
  if (face.faceCount > 1 || face.problem === 'multiple_faces') {
    add('MULTIPLE_FACES_DETECTED', actionSeverity(config.face_liveness_multiple_faces_action));
  }
  add('LOW_FACE_QUALITY', qualitySeverity(config, face));
  const luminance = readScore(face.faceLuminance);
  if (face.problem === 'too_dark') {
    add('LOW_FACE_LUMINANCE', 'error');
  } else if (luminance === null || luminance < config.face_luminance_min_threshold) {
    add('LOW_FACE_LUMINANCE', actionSeverity(config.face_luminance_min_action));
  }
  if (face.problem === 'too_bright') {
    add('HIGH_FACE_LUMINANCE', 'error');
  } else if (luminance !== null && luminance > config.face_luminance_max_threshold) {
    add('HIGH_FACE_LUMINANCE', actionSeverity(config.face_luminance_max_action));
  }
  return found;
}

/** A frame that cannot carry a verdict declines whatever the thresholds are: no picture is kept to review. */
function qualitySeverity(config: Settings, face: FaceEvidence): Severity | null {
  const unusable =
    face.problem === 'low_quality' || face.problem === 'too_small' || face.problem === 'turned_away';
  if (unusable) return 'error';
  const quality = readScore(face.faceQuality);
  // A measurement that is missing although there is a face is worth a look, never a pass.
  if (quality === null) return 'warning';
  return belowThresholds(
    quality,
    config.face_quality_decline_threshold,
    config.face_quality_review_threshold,
  );
}
