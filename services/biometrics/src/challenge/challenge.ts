import type { MediaSignal } from '../domain/gates.ts';

/** Colours that the screen showed one after the other. Times in milliseconds since the start, on the page's clock. */
export interface FlashChallenge {
  readonly steps: readonly FlashStep[];
}

export interface FlashStep {
  /** 0xRRGGBB, sRGB. */
  readonly colour: number;
  readonly startsAtMs: number;
  readonly durationMs: number;
}

/** Poses that the person was asked for one after the other. Times as above. */
export interface MotionChallenge {
  readonly steps: readonly MotionStep[];
}

export interface MotionStep {
  readonly pose: HeadPose;
  readonly promptedAtMs: number;
  /** The pose has to be reached within this time of the prompt. */
  readonly withinMs: number;
}

/** As the person sees it: left is the person's left. */
export type HeadPose = 'front' | 'left' | 'right' | 'up' | 'down';

/** What speaks against a challenge that was met, gravest first. */
export const CHALLENGE_FAILURES = [
  'flat_reflection',
  'flat_motion',
  'identity',
  'liveness',
  'frames',
  'colour_timing',
  'colours',
  'pose_order',
  'pose_timing',
  'pose',
  // No attack by themselves.
  'too_much_light',
  'too_few_frames',
] as const;
export type ChallengeFailure = (typeof CHALLENGE_FAILURES)[number];

/** What a judge found. */
export interface Finding {
  readonly failures: readonly ChallengeFailure[];
  /** 0..100: how well the challenge was met as far as this judge can tell. */
  readonly score: number;
  readonly signals: readonly MediaSignal[];
}

/** The whole challenge. */
export interface ChallengeJudgement extends Finding {
  readonly method: 'flashing' | 'active_3d';
  readonly passed: boolean;
}

/** One judgement of several findings: everything that was found, the lowest score. */
export function combine(
  method: ChallengeJudgement['method'],
  findings: readonly Finding[],
): ChallengeJudgement {
  const found = new Set(findings.flatMap(({ failures }) => failures));
  const failures = CHALLENGE_FAILURES.filter((failure) => found.has(failure));
  const lowest = Math.min(...findings.map((finding) => finding.score));
  const score = Number.isFinite(lowest) ? lowest : 0;
  return {
    method,
    passed: failures.length === 0,
    failures,
    // A score never contradicts the outcome: what failed stays in the lower half.
    score: Math.round(failures.length === 0 ? score : Math.min(score, FAILED_SCORE_MAX)),
    signals: findings.flatMap(({ signals }) => signals),
  };
}

/** Score of a challenge that failed, at most. */
const FAILED_SCORE_MAX = 49;
