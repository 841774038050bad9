import { describe, expect, it } from 'vitest';
import { goodFace } from '../../test/faces.ts';
import type { FaceEvidence } from './features/evidence.ts';
import type { RawSettings } from './features/settings.ts';
import { judgeSteps, maxAttempts, verdictOf } from './verdict.ts';

const matchKeys = /^face_match|_covered_action$/;

function steps(config: RawSettings = {}) {
  const own = (prefix: string) =>
    Object.fromEntries(
      Object.entries(config).filter(([key]) => matchKeys.test(key) === (prefix === 'match')),
    );
  return [
    { node_id: 'feature_liveness_1', feature: 'LIVENESS', label: 'Liveness', config: own('liveness') },
    { node_id: 'feature_face_match_1', feature: 'FACE_MATCH', label: 'Face match', config: own('match') },
  ];
}

/** `verdict: RISK/severity ...` */
function judge(changes: Partial<FaceEvidence>, config: RawSettings = {}): string {
  const reports = judgeSteps(steps(config), { face: { ...goodFace, ...changes } });
  const risks = reports.flatMap((report) => report.warnings.map((w) => `${w.risk}/${w.log_type}`));
  return [verdictOf(reports), ...risks].join(' ');
}

const table: [string, Partial<FaceEvidence>, RawSettings, string][] = [
  ['a good face', {}, {}, 'Approved'],
  ['liveness just above review', { livenessScore: 70.01 }, {}, 'Approved'],
  ['liveness at review', { livenessScore: 70 }, {}, 'In Review LOW_LIVENESS_SCORE/warning'],
  ['liveness at decline', { livenessScore: 50 }, {}, 'Declined LOW_LIVENESS_SCORE/error'],
  [
    'liveness at half of decline',
    { livenessScore: 25 },
    {},
    'Declined LIVENESS_FACE_ATTACK/error LOW_LIVENESS_SCORE/error',
  ],
  ['liveness missing', { livenessScore: null }, {}, 'Declined LOW_LIVENESS_SCORE/error'],
  ['liveness not a number', { livenessScore: Number.NaN }, {}, 'Declined LOW_LIVENESS_SCORE/error'],
  [
    'own liveness thresholds',
    { livenessScore: 70 },
    { face_liveness_score_decline_threshold: 30, face_liveness_score_review_threshold: 60 },
    'Approved',
  ],
  [
    'no face: only that is said of liveness',
    {
      faceCount: 0,
      problem: 'no_face',
      livenessScore: null,
      faceQuality: null,
      match: null,
      similarityScore: null,
    },
    {},
    'Declined NO_FACE_DETECTED/error FACE_MATCH_NOT_COMPUTED/error',
  ],
  ['several faces', { faceCount: 2 }, {}, 'In Review MULTIPLE_FACES_DETECTED/warning'],
  [
    'several faces, declined by action',
    { problem: 'multiple_faces', faceCount: 3 },
    { face_liveness_multiple_faces_action: 'DECLINE' },
    'Declined MULTIPLE_FACES_DETECTED/error',
  ],
  [
    'several faces, no action',
    { faceCount: 2 },
    { face_liveness_multiple_faces_action: 'NO_ACTION' },
    'Approved MULTIPLE_FACES_DETECTED/information',
  ],
  ['quality at review', { faceQuality: 40 }, {}, 'In Review LOW_FACE_QUALITY/warning'],
  ['quality at decline', { faceQuality: 30 }, {}, 'Declined LOW_FACE_QUALITY/error'],
  ['quality missing', { faceQuality: null }, {}, 'In Review LOW_FACE_QUALITY/warning'],
  ['turned away', { problem: 'turned_away' }, {}, 'Declined LOW_FACE_QUALITY/error'],
  ['too small', { problem: 'too_small' }, {}, 'Declined LOW_FACE_QUALITY/error'],
  ['too dark for a verdict', { problem: 'too_dark' }, {}, 'Declined LOW_FACE_LUMINANCE/error'],
  ['too bright for a verdict', { problem: 'too_bright' }, {}, 'Declined HIGH_FACE_LUMINANCE/error'],
  ['dark', { faceLuminance: 9.9 }, {}, 'In Review LOW_FACE_LUMINANCE/warning'],
  [
    'dark, no action',
    { faceLuminance: 1 },
    { face_luminance_min_action: 'NO_ACTION' },
    'Approved LOW_FACE_LUMINANCE/information',
  ],
  [
    'bright, declined by action',
    { faceLuminance: 99 },
    { face_luminance_max_action: 'DECLINE' },
    'Declined HIGH_FACE_LUMINANCE/error',
  ],
  ['similarity just above review', { similarityScore: 70.01 }, {}, 'Approved'],
  ['similarity at review', { similarityScore: 70 }, {}, 'In Review LOW_FACE_MATCH_SIMILARITY/warning'],
  ['similarity at decline', { similarityScore: 50 }, {}, 'Declined LOW_FACE_MATCH_SIMILARITY/error'],
  [
    'a hair above decline is judged as it is shown',
    { similarityScore: 50.001 },
    {},
    'Declined LOW_FACE_MATCH_SIMILARITY/error',
  ],
  [
    'no reference: only that is said of the match',
    { match: 'no_reference', similarityScore: null },
    {},
    'Declined NO_REFERENCE_IMAGE/error',
  ],
  ['compared without a score', { similarityScore: null }, {}, 'Declined FACE_MATCH_NOT_COMPUTED/error'],
  [
    'a score without a comparison',
    { match: 'not_asked', similarityScore: 99 },
    {},
    'Declined FACE_MATCH_NOT_COMPUTED/error',
  ],
  [
    'no comparison, reviewed by action',
    { match: null },
    { face_match_not_computed_action: 'REVIEW' },
    'In Review FACE_MATCH_NOT_COMPUTED/warning',
  ],
  [
    'a bad picture is no attack, and passes nothing',
    { problem: 'blurred', livenessScore: 3, faceQuality: 20 },
    {},
    'Declined LOW_FACE_QUALITY/error',
  ],
  [
    'a covered face',
    { problem: 'covered', livenessScore: 3 },
    {},
    'Declined FACE_COVERED/error FACE_COVERED/error',
  ],
  [
    'a covered face, whatever the workflow says of it',
    { problem: 'covered', livenessScore: 99 },
    { face_covered_action: 'NO_ACTION' },
    'Declined FACE_COVERED/error FACE_COVERED/information',
  ],
  [
    'several faces before a picture',
    { faceCount: 2, livenessScore: 3 },
    { face_liveness_multiple_faces_action: 'NO_ACTION' },
    'Declined LIVENESS_FACE_ATTACK/error LOW_LIVENESS_SCORE/error MULTIPLE_FACES_DETECTED/information',
  ],
  ['dark glasses', { eyesCovered: true }, {}, 'In Review EYES_COVERED/warning'],
  ['a mask', { mouthCovered: true }, { mouth_covered_action: 'DECLINE' }, 'Declined MOUTH_COVERED/error'],
  ['glasses and mask', { eyesCovered: true, mouthCovered: true }, {}, 'Declined FACE_COVERED/error'],
  [
    'another face than the enrolled one',
    { enrolledSimilarity: 70 },
    {},
    'In Review ENROLLED_FACE_DIFFERS/warning',
  ],
  ['the enrolled face', { enrolledSimilarity: 70.01 }, {}, 'Approved'],
  [
    'a raised signal is information',
    { mediaSignals: [{ name: 'media_double_jpeg', value: 1, raised: true }] },
    {},
    'Approved FRAME_INJECTION_DETECTED/information',
  ],
  [
    'raised signals, by action and once a risk',
    {
      mediaSignals: [
        { name: 'face_moire_energy', value: 9, raised: true },
        { name: 'face_screen_edge_detected', value: 1, raised: true },
        { name: 'media_double_jpeg', value: 0, raised: false },
      ],
    },
    { screen_capture_action: 'DECLINE', frame_injection_action: 'DECLINE' },
    'Declined SCREEN_CAPTURE_DETECTED/error',
  ],
  [
    'a changed face',
    { mediaSignals: [{ name: 'face_swap_boundary_score', value: 9, raised: true }] },
    {},
    'In Review LIVENESS_VIDEO_ANOMALY/warning',
  ],
  [
    'a raised signal that nobody knows yet',
    { mediaSignals: [{ name: 'constructor', value: 1, raised: true }] },
    { frame_injection_action: 'REVIEW' },
    'In Review FRAME_INJECTION_DETECTED/warning',
  ],
  [
    'a failed challenge that nobody asked for',
    { challenge: { method: 'ACTIVE_3D', passed: false, score: 80, failures: ['flat_motion'] } },
    {},
    'Declined LIVENESS_FACE_ATTACK/error',
  ],
  [
    'a challenge whose score is low lowers the score',
    { challenge: { method: 'FLASHING', passed: true, score: 60, failures: [] } },
    {},
    'In Review LOW_LIVENESS_SCORE/warning',
  ],
  [
    'a decline outweighs a review',
    { livenessScore: 60, similarityScore: 10 },
    {},
    'Declined LOW_LIVENESS_SCORE/warning LOW_FACE_MATCH_SIMILARITY/error',
  ],
];

describe('verdict', () => {
  it.each(table)('%s', (_name, changes, config, expected) => {
    expect(judge(changes, config)).toBe(expected);
  });

  it('missing evidence never approves', () => {
    expect(verdictOf(judgeSteps(steps(), { face: null }))).toBe('In Review');
    expect(verdictOf([])).toBe('In Review');
  });

  it('scores are kept with two decimals, and a warning has the shape of the contract', () => {
    const [live] = judgeSteps(steps(), { face: { ...goodFace, livenessScore: 12.34567 } });
    expect(live?.score).toBe(12.35);
    expect(live?.warnings[1]).toEqual({
      feature: 'LIVENESS',
      risk: 'LOW_LIVENESS_SCORE',
      additional_data: null,
      log_type: 'error',
      short_description: expect.any(String),
      long_description: expect.any(String),
      node_id: 'feature_liveness_1',
    });
  });

  it('says of used-up attempts that they are, and why the last picture would not do', () => {
    const told = (changes: Partial<FaceEvidence>) =>
      judgeSteps(steps(), { face: { ...goodFace, ...changes }, attemptsUsedUp: true }).flatMap((report) =>
        report.warnings.map(({ risk }) => risk),
      );
    expect(told({})).toEqual([]);
    expect(told({ problem: 'too_dark', match: null })).toEqual([
      'NO_FACE_DETECTED',
      'LOW_FACE_LUMINANCE',
      'FACE_MATCH_MAX_ATTEMPTS_EXCEEDED',
    ]);
    expect(told({ faceCount: 0, problem: 'no_face', match: null })).toEqual([
      'NO_FACE_DETECTED',
      'FACE_MATCH_MAX_ATTEMPTS_EXCEEDED',
    ]);
  });

  it('names what is wrong with the clarity of a picture', () => {
    const words = (['too_small', 'turned_away', 'blurred', 'low_quality'] as const).map((problem) => {
      const [report] = judgeSteps(steps(), { face: { ...goodFace, problem } });
      expect(report?.warnings[0]).toMatchObject({
        risk: 'LOW_FACE_QUALITY',
        additional_data: { reason: problem },
      });
      return report?.warnings[0]?.long_description;
    });
    expect(new Set(words).size).toBe(4);
  });

  it('the smallest limit of the steps is the number of looks', () => {
    expect(maxAttempts(steps())).toBe(3);
    expect(maxAttempts(steps({ face_match_max_attempts: 1 }))).toBe(1);
  });
});
