import type { Challenge } from '@selfsame/contracts/biometrics/v1/service';
import type { UsedChallenge } from '@selfsame/contracts/session/v1/service';
import type { Capture } from './capture.ts';
import { isTimePossible, shownSteps } from './domain/challenge-timing.ts';

/** A challenge with the times at which the page says its steps were shown, as biometrics judges it. */
export interface AnsweredChallenge {
  /** Absent for PASSIVE. */
  readonly challenge: Challenge | undefined;
  /** Whether the times that were told can be true. Where they cannot, the steps keep those of the plan. */
  readonly isPossible: boolean;
}

/** @param begunAt when the first byte of the capture arrived */
export function answeredChallenge(used: UsedChallenge, capture: Capture, begunAt: Date): AnsweredChallenge {
  const { challenge, issuedAt = begunAt } = used;
  const shown = challenge === undefined ? undefined : asShown(challenge, capture.shownAtMs);
  const told = { shownAtMs: capture.shownAtMs, takenAtMs: capture.frames.map(({ takenAtMs }) => takenAtMs) };
  const isPossible = shown !== null && isTimePossible(told, begunAt.getTime() - issuedAt.getTime());
  return { challenge: shown ?? challenge, isPossible };
}

/** Null when the times do not fit the plan. */
function asShown({ kind }: Challenge, shownAtMs: readonly number[]): Challenge | null {
  switch (kind?.$case) {
    case 'flash': {
      const plan = kind.value.steps.map(({ startsAtMs, durationMs }) => ({
        startsAtMs,
        lastsMs: durationMs,
      }));
      const shown = shownSteps('colour', plan, { shownAtMs });
      if (shown === null) return null;
      const steps = kind.value.steps.map((step, at) => ({
        ...step,
        startsAtMs: shown[at]?.startsAtMs ?? step.startsAtMs,
        durationMs: shown[at]?.lastsMs ?? step.durationMs,
      }));
      return { kind: { $case: 'flash', value: { steps } } };
    }
    case 'motion': {
      const plan = kind.value.steps.map(({ promptedAtMs, withinMs }) => ({
        startsAtMs: promptedAtMs,
        lastsMs: withinMs,
      }));
      const shown = shownSteps('pose', plan, { shownAtMs });
      if (shown === null) return null;
      const steps = kind.value.steps.map((step, at) => ({
        ...step,
        promptedAtMs: shown[at]?.startsAtMs ?? step.promptedAtMs,
      }));
      return { kind: { $case: 'motion', value: { steps } } };
    }
    default:
      return null;
  }
}
