import type { ChallengeJudgement } from '@selfsame/biometrics/challenge/challenge';
import { weigh } from '@selfsame/biometrics/domain/evidence';
import { VERIFY_GATES } from '@selfsame/biometrics/domain/gates';
import type { Look } from '@selfsame/biometrics/pipeline/look';
import type { FaceEvidence } from '@selfsame/session/domain/features/evidence';
import { liveness } from '@selfsame/session/domain/features/liveness';

/** Scores at which the trade between attacks and people is shown: decline and review at the same one. */
export const THRESHOLDS = [30, 50, 70] as const;

/** What the product says of one presentation, and why. */
export interface Verdict {
  /** By the LIVENESS feature as a workflow has it that sets nothing. */
  readonly status: Status;
  /** The same with every action on media signals set to REVIEW. */
  readonly statusWithMedia: Status;
  /** Approved or not at each of THRESHOLDS, everything else by default. */
  readonly approvedAt: readonly boolean[];
  /** What the user would be asked to mend: the frame carries no verdict. */
  readonly gate: string | null;
  /** 0..100 of the passive models; null without a face. */
  readonly liveness: number | null;
  /** Risks by default, information left out. */
  readonly risks: readonly string[];
  /** Signals that follow from the picture and are raised. */
  readonly signals: readonly string[];
  readonly challengeFailures: readonly string[];
}

export type Status = 'Approved' | 'In Review' | 'Declined';

const MEDIA_ACTIONS = {
  virtual_camera_action: 'REVIEW',
  screen_capture_action: 'REVIEW',
  frame_injection_action: 'REVIEW',
  external_capture_device_action: 'REVIEW',
  face_liveness_video_anomaly_action: 'REVIEW',
} as const;

/** Quality is no trace of an attack: what covers a face has warnings of its own. */
const NO_TRACES = new Set(['face_glasses_dark', 'face_occlusion_lower']);

/** Weighs a look as the biometrics service does and judges it as the session service does. */
export function judge(look: Look, challenge: ChallengeJudgement | undefined): Verdict {
  const evidence = evidenceOf(look, challenge);
  const evaluate = (settings: Readonly<Record<string, string | number>>) =>
    liveness.evaluate(settings, { face: evidence }, 'lab');
  const byDefault = evaluate({});
  return {
    status: byDefault.status as Status,
    statusWithMedia: evaluate(MEDIA_ACTIONS).status as Status,
    approvedAt: THRESHOLDS.map((score) => {
      const settings = {
        face_liveness_score_decline_threshold: score,
        face_liveness_score_review_threshold: score,
      };
      return evaluate(settings).status === 'Approved';
    }),
    gate: evidence.problem,
    liveness: evidence.livenessScore,
    risks: byDefault.warnings.filter(({ log_type }) => log_type !== 'information').map(({ risk }) => risk),
    signals: evidence.mediaSignals
      .filter(({ name, raised }) => raised && !NO_TRACES.has(name))
      .map(({ name }) => name),
    challengeFailures: challenge?.failures ?? [],
  };
}

/** As the evidence travels from one service to the other; searches are not what is measured here. */
function evidenceOf(look: Look, challenge: ChallengeJudgement | undefined): FaceEvidence {
  const found = weigh(look, VERIFY_GATES, { outcome: 'not_asked' });
  return {
    faceCount: found.faceCount,
    problem: found.problem ?? null,
    livenessScore: found.livenessScore ?? null,
    faceQuality: found.faceQuality ?? null,
    faceLuminance: found.faceLuminance ?? null,
    match: 'not_asked',
    similarityScore: null,
    pipelineVersion: '',
    candidateId: null,
    eyesCovered: found.eyesCovered,
    mouthCovered: found.mouthCovered,
    mediaSignals: [...found.media, ...(challenge?.signals ?? [])],
    search: 'searched',
    searchMatches: [],
    enrolledSimilarity: null,
    enrolledUnreadable: false,
    challenge: challenge
      ? {
          method: challenge.method === 'flashing' ? 'FLASHING' : 'ACTIVE_3D',
          passed: challenge.passed,
          score: challenge.score,
          failures: challenge.failures,
        }
      : null,
  };
}
