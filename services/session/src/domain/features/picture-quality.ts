import type { FaceEvidence, FaceProblem } from './evidence.ts';
import type { Finding, Severity } from './feature.ts';
import { actionSeverity, belowThresholds, readScore } from './feature.ts';
import type { SettingsOf } from './settings.ts';
import { action, score } from './settings.ts';

/** Settings of what a picture must be like. */
export const qualitySettings = {
  // The quality model reads 57 to 62 on good photos; below 40 embeddings become unreliable.
  face_quality_decline_threshold: score(30),
  face_quality_review_threshold: score(40),
  face_luminance_min_threshold: score(10),
  face_luminance_min_action: action('REVIEW'),
  face_luminance_max_threshold: score(95),
  face_luminance_max_action: action('REVIEW'),
} as const;

/** Every risk of a picture's quality: [short, long] description. */
export const qualityRisks = {
  LOW_FACE_QUALITY: ['Low face quality', 'The picture of the face is not clear enough to be relied on.'],
  LOW_FACE_LUMINANCE: ['Face too dark', 'There is too little light on the face.'],
  HIGH_FACE_LUMINANCE: ['Face too bright', 'There is too much light on the face.'],
  FACE_COVERED: ['Face covered', 'The face is covered so far that it cannot be checked.'],
} as const;

type QualitySettings = SettingsOf<typeof qualitySettings>;

/** What is wrong with the clarity of a picture, in words of its own each. */
const unclear: Partial<Record<FaceProblem, readonly [string, string]>> = {
  too_small: ['Face too small', 'The face is too far away, so too little of it can be seen.'],
  turned_away: ['Face turned away', 'The face is turned away from the camera.'],
  blurred: ['Face blurred', 'The picture of the face is blurred.'],
  low_quality: ['Low face quality', 'The picture of the face is not clear enough to be relied on.'],
};

/**
 * Whether a frame cannot carry a verdict: nothing that was measured in it speaks for a person or against one. Several
 * faces are no such problem, the largest one was measured well.
 */
export function failsGate({ problem }: FaceEvidence): boolean {
  return problem !== null && problem !== 'multiple_faces';
}

/**
 * What the picture's quality says. A frame that cannot carry a verdict declines whatever the thresholds are: no picture
 * is kept that someone could review.
 */
export function qualityFindings(config: QualitySettings, face: FaceEvidence): Finding[] {
  return [...clarity(config, face), ...light(config, face), ...cover(face)];
}

function clarity(config: QualitySettings, face: FaceEvidence): Finding[] {
  const risk = 'LOW_FACE_QUALITY';
  const words = face.problem === null ? undefined : unclear[face.problem];
  if (words !== undefined) {
    return [{ risk, severity: 'error', words, additionalData: { reason: face.problem } }];
  }
  const quality = readScore(face.faceQuality);
  // A measurement that is missing although there is a face is worth a look, never a pass.
  const severity: Severity | null =
    quality === null
      ? 'warning'
      : belowThresholds(quality, config.face_quality_decline_threshold, config.face_quality_review_threshold);
  return severity === null ? [] : [{ risk, severity }];
}

function light(config: QualitySettings, face: FaceEvidence): Finding[] {
  const luminance = readScore(face.faceLuminance);
  const found: Finding[] = [];
  if (face.problem === 'too_dark') {
    found.push({ risk: 'LOW_FACE_LUMINANCE', severity: 'error' });
  } else if (luminance === null || luminance < config.face_luminance_min_threshold) {
    found.push({ risk: 'LOW_FACE_LUMINANCE', severity: actionSeverity(config.face_luminance_min_action) });
  }
  if (face.problem === 'too_bright') {
    found.push({ risk: 'HIGH_FACE_LUMINANCE', severity: 'error' });
  } else if (luminance !== null && luminance > config.face_luminance_max_threshold) {
    found.push({ risk: 'HIGH_FACE_LUMINANCE', severity: actionSeverity(config.face_luminance_max_action) });
  }
  return found;
}

function cover(face: FaceEvidence): Finding[] {
  return face.problem === 'covered' ? [{ risk: 'FACE_COVERED', severity: 'error' }] : [];
}
