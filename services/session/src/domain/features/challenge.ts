import type { ChallengeEvidence, ChallengeFailure } from './evidence.ts';
import type { Finding } from './feature.ts';
import { belowThresholds, graver, readScore } from './feature.ts';

/**
 * Failures that the circumstances explain as well as an attack does; all others speak of an attack. No reflection at all
 * (`colours`) may be the sun.
 */
const circumstances: ReadonlySet<ChallengeFailure> = new Set([
  'too_few_frames',
  'too_much_light',
  'colours',
  'pose',
  'pose_timing',
  'other',
]);

/** A challenge as a workflow asked for it. Thresholds are those of the liveness score, 0..100. */
export interface AskedChallenge {
  readonly method: 'FLASHING' | 'ACTIVE_3D';
  readonly declineThreshold: number;
  readonly reviewThreshold: number;
  /** What cannot be told, because of the light or too few frames, declines instead of going to review. */
  readonly isStrict: boolean;
}

/**
 * Judges how a challenge was met. Reflections, order, motion, identity or frames that are wrong read as an attack. A pose
 * that was not reached, too much light or too few frames leave it open, which never approves; no reflection at all
 * declines, and so does a challenge that was asked for and not performed, or another one than was asked for.
 * @param challenge null: the look brought none
 */
export function challengeFindings(asked: AskedChallenge, challenge: ChallengeEvidence | null): Finding[] {
  if (challenge === null || challenge.method !== asked.method) {
    return [lowScore('error', ['challenge_missing'])];
  }
  const attacks = challenge.failures.filter((failure) => !circumstances.has(failure));
  if (attacks.length > 0) {
    return [{ risk: 'LIVENESS_FACE_ATTACK', severity: 'error', additionalData: { challenge: attacks } }];
  }
  const score = readScore(challenge.score);
  const byScore = belowThresholds(score, asked.declineThreshold, asked.reviewThreshold);
  if (challenge.passed && challenge.failures.length === 0) {
    return byScore === null ? [] : [lowScore(byScore, [])];
  }
  const declines = asked.isStrict || challenge.failures.includes('colours');
  const open = declines ? 'error' : 'warning';
  return [lowScore(graver(byScore, open) ?? open, challenge.failures)];
}

function lowScore(severity: 'information' | 'warning' | 'error', failures: readonly string[]): Finding {
  const additionalData = failures.length === 0 ? {} : { additionalData: { challenge: failures } };
  return { risk: 'LOW_LIVENESS_SCORE', severity, ...additionalData };
}
