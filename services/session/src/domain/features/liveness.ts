import { challengeFindings } from './challenge.ts';
import type { Evidence, FaceEvidence } from './evidence.ts';
import { matchView, reportedMatches, searchFindings, searchRisks, searchSettings } from './face-search.ts';
import type { Finding } from './feature.ts';
import { actionSeverity, belowThresholds, defineFeature, graver, imageUrl, readScore } from './feature.ts';
import type { LivenessMethod } from './liveness-method.ts';
import { livenessMethods } from './liveness-method.ts';
import { mediaFindings, mediaRisks, mediaSettings } from './media-signals.ts';
import { failsGate, qualityFindings, qualityRisks, qualitySettings } from './picture-quality.ts';
import { samePersonSimilarity } from './same-person.ts';
import type { RawSettings, SettingsOf } from './settings.ts';
import { action, choice, completeSettings, flag, integer, score } from './settings.ts';

const settings = {
  face_liveness_method: choice(livenessMethods, 'PASSIVE'),
  // "1": strict, flashes that cannot be told because of the light decline; "0": they go to review.
  face_liveness_flash_mode: choice(['0', '1'], '0'),
  // The hosted page lets a challenge that the circumstances spoiled be tried again while attempts are left.
  face_liveness_uncertain_retry_enabled: flag(true),
  face_liveness_score_decline_threshold: score(50),
  face_liveness_score_review_threshold: score(70),
  face_liveness_max_attempts: integer(1, 3, 3),
  face_liveness_multiple_faces_action: action('REVIEW'),
  ...qualitySettings,
  ...searchSettings,
  ...mediaSettings,
} as const;

type Settings = SettingsOf<typeof settings>;

/** LIVENESS: is a living person before the camera, seen well enough to say so, and nobody who should not be? */
export const liveness = defineFeature({
  name: 'LIVENESS',
  aliases: ['FACE'],
  capture: 'face',
  shared: { part: 'kyc', details: ['method', 'face_quality', 'face_luminance'] },
  after: [],
  settings,
  unavailable: {
    face_audio_recording_enabled: 'nothing is recorded.',
    face_privacy_mode_enabled: 'no picture is ever kept, so there is nothing to hide.',
  },
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
      'The liveness score is at or below a threshold, so a living person is not certain.',
    ],
    LIVENESS_METHOD_REPLACED: [
      'Another method was chosen',
      'The user could not perform the active method that was asked for and chose a passive picture, which proves less.',
    ],
    MULTIPLE_FACES_DETECTED: [
      'Several faces detected',
      'More than one face is in the picture; the largest one was checked.',
    ],
    ENROLLED_FACE_DIFFERS: [
      'Another face is enrolled',
      'The user has a face on file already, and this one does not resemble it.',
    ],
    ...qualityRisks,
    ...searchRisks,
    ...mediaRisks,
  },
  details: (config) => ({ method: config.face_liveness_method, face_quality: null, face_luminance: null }),
  judge(config, evidence) {
    const { face } = evidence;
    if (face === null) return null;
    return {
      score: livenessScore(face),
      findings: merged(findings(config, face, evidence)),
      details: {
        method: face.challenge === null ? 'PASSIVE' : (face.challenge.method ?? askedOf(config, evidence)),
        face_quality: readScore(face.faceQuality),
        face_luminance: readScore(face.faceLuminance),
        ...(face.images?.live ? { live_image: face.images.live } : {}),
      },
      matches: reportedMatches(config, face),
    };
  },
  blockKey: 'liveness_checks',
  block: (report, _sessionId, known, images) => ({
    node_id: report.node_id,
    status: report.status,
    method: report.details.method ?? null,
    score: report.score,
    // Unless the application keeps them, pictures end with the request that brought them.
    reference_image: imageUrl(report, 'live_image', images),
    video_url: null,
    age_estimation: null,
    face_quality: report.details.face_quality ?? null,
    face_luminance: report.details.face_luminance ?? null,
    matches: (report.matches ?? []).map((match) => matchView(match, known?.get(match.session_id ?? ''))),
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

/** Whether sessions with these settings are to be searched for others with the same face. */
export function searchesFaces(raw: RawSettings): boolean {
  return completeSettings(settings, raw).face_search_enabled;
}

/** How these settings ask for liveness. */
export function askedMethod(raw: RawSettings): LivenessMethod {
  return completeSettings(settings, raw).face_liveness_method;
}

/** Whether a challenge that circumstances spoiled is to be tried again while attempts are left. */
export function retriesUncertainLooks(raw: RawSettings): boolean {
  return completeSettings(settings, raw).face_liveness_uncertain_retry_enabled;
}

/** What this look had to show: what was issued for it, else what the workflow asks for. */
function askedOf(config: Settings, { issuedMethod }: Evidence): LivenessMethod {
  return issuedMethod ?? config.face_liveness_method;
}

function hasNoFace(face: FaceEvidence): boolean {
  return face.faceCount === 0 || face.problem === 'no_face';
}

/** Passive score and challenge hold together no better than the weaker of them. */
function livenessScore({ livenessScore, challenge }: FaceEvidence): number | null {
  const passive = readScore(livenessScore);
  const active = challenge === null ? null : readScore(challenge.score);
  return passive === null || active === null ? passive : Math.min(passive, active);
}

function findings(config: Settings, face: FaceEvidence, evidence: Evidence): Finding[] {
  const found: Finding[] = hasNoFace(face) ? [] : seenFindings(config, face, evidence);
  if (hasNoFace(face)) found.push({ risk: 'NO_FACE_DETECTED', severity: 'error' });
  else if (evidence.attemptsUsedUp === true && failsGate(face)) found.unshift(nothingUsable);
  return [
    ...found,
    ...mediaFindings(config, face.mediaSignals),
    ...searchFindings(config, face, !hasNoFace(face) && !failsGate(face), evidence.vendorData ?? null),
  ];
}

const nothingUsable: Finding = {
  risk: 'NO_FACE_DETECTED',
  severity: 'error',
  words: ['No usable face', 'The attempts are used up, and no picture showed a face that could be checked.'],
};

function seenFindings(config: Settings, face: FaceEvidence, evidence: Evidence): Finding[] {
  const found: Finding[] = failsGate(face) ? [] : livingFindings(config, face, evidence);
  if (face.faceCount > 1 || face.problem === 'multiple_faces') {
    const severity = actionSeverity(config.face_liveness_multiple_faces_action);
    found.push({ risk: 'MULTIPLE_FACES_DETECTED', severity });
  }
  found.push(...qualityFindings(config, face));
  const enrolled = readScore(face.enrolledSimilarity);
  if (enrolled !== null && enrolled <= samePersonSimilarity) {
    found.push({ risk: 'ENROLLED_FACE_DIFFERS', severity: 'warning' });
  }
  return found;
}

/** Only of a frame that passes the gates: a bad picture is no attack. */
function livingFindings(config: Settings, face: FaceEvidence, evidence: Evidence): Finding[] {
  const decline = config.face_liveness_score_decline_threshold;
  const review = config.face_liveness_score_review_threshold;
  const passive = readScore(face.livenessScore);
  const found: Finding[] = [];
  // Far below the threshold there is no doubt left that a review could settle: at or below half of it.
  if (passive !== null && passive <= decline / 2) {
    found.push({ risk: 'LIVENESS_FACE_ATTACK', severity: 'error' });
  }
  const low = belowThresholds(passive, decline, review);
  if (low !== null) found.push({ risk: 'LOW_LIVENESS_SCORE', severity: low });
  found.push(...methodFindings(config, face, evidence));
  return found;
}

/**
 * What the method says. A challenge is judged by the method that was issued, whether it was the workflow's or the user's
 * choice of another active one. Without a challenge a look is passive, which an active workflow takes only where that was
 * issued, and never approves by itself.
 */
function methodFindings(config: Settings, { challenge }: FaceEvidence, evidence: Evidence): Finding[] {
  const issued = askedOf(config, evidence);
  const found: Finding[] = [];
  if (issued === 'PASSIVE' && config.face_liveness_method !== 'PASSIVE') {
    const additionalData = { asked: config.face_liveness_method, performed: issued };
    found.push({ risk: 'LIVENESS_METHOD_REPLACED', severity: 'warning', additionalData });
  }
  // Where nobody asked for a challenge, one that was performed all the same counts.
  const method = issued === 'PASSIVE' ? challenge && (challenge.method ?? 'ACTIVE_3D') : issued;
  if (method === null) return found;
  const asked = {
    method,
    declineThreshold: config.face_liveness_score_decline_threshold,
    reviewThreshold: config.face_liveness_score_review_threshold,
    isStrict: method === 'FLASHING' && config.face_liveness_flash_mode === '1',
  };
  return [...found, ...challengeFindings(asked, challenge)];
}

/** One finding a risk: the first one, as grave as the gravest of them. */
function merged(found: readonly Finding[]): Finding[] {
  const byRisk = new Map<string, Finding>();
  for (const finding of found) {
    const known = byRisk.get(finding.risk);
    const severity = graver(known?.severity ?? null, finding.severity) ?? finding.severity;
    byRisk.set(finding.risk, { ...finding, ...known, severity });
  }
  return [...byRisk.values()];
}
