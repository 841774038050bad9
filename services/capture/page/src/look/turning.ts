import type { HeadAngles, HeadPose } from '../../../src/wire.ts';
import { pause } from '../client.ts';
import { type MotionPlan, nextTurn, relativeTo, startTurn } from './active-3d.ts';
import { type Shot, spread, startBurst } from './shots.ts';

/** What is known of the head while it turns. */
export interface HeadWatch {
  /** The last answer about the head, `performance.now()`; null while there is none. */
  latest(): { readonly atMs: number; readonly angles: HeadAngles } | null;
  /** The last few angles before the first prompt. */
  readonly beginning: readonly HeadAngles[];
}

/** A movement that is asked for, the `step`-th of `steps` that are not just the way back. */
export interface Prompt {
  readonly pose: HeadPose;
  readonly withinMs: number;
  /** 0..1 of all steps are done. */
  readonly share: number;
}

/** What was prompted and seen. Milliseconds since the challenge began. */
export interface Turned {
  readonly shownAtMs: readonly number[];
  readonly shots: readonly Shot[];
  /** The angles said that a pose was not reached in its time. */
  readonly isMissed: boolean;
}

/** The head at rest is what all angles are measured from: it is seen for this long before the first prompt. */
const restMs = 450;
const everyMs = 130;
const tickMs = 60;
/** Frames of the last pose are on their way for this long. */
const afterMs = 250;
/** Far more than any challenge takes. */
const shotsMax = 400;

/**
 * Prompts one pose after the other and takes frames meanwhile.
 * @param prompted is told of every prompt
 * @returns null when it was stopped, or when the page was hidden on the way
 */
export async function followPrompts(
  video: HTMLVideoElement,
  steps: MotionPlan['steps'],
  head: HeadWatch,
  prompted: (prompt: Prompt) => void,
  signal: AbortSignal,
): Promise<Turned | null> {
  const start = performance.now();
  const clock = () => performance.now() - start;
  const burst = startBurst(video, { everyMs, clock, shotsMax });
  const isOver = () => signal.aborted || document.hidden;
  const prompt = (at: number) => {
    const step = steps[at];
    if (step !== undefined) prompted({ pose: step.pose, withinMs: step.within_ms, share: at / steps.length });
  };
  try {
    await pause(restMs, signal);
    const beginning = [...head.beginning];
    let turn = startTurn(Math.round(clock()));
    let heardAtMs = performance.now();
    prompt(0);
    while (!turn.isOver) {
      if (isOver()) return null;
      const latest = head.latest();
      const isNews = latest !== null && latest.atMs > heardAtMs;
      if (isNews) heardAtMs = latest.atMs;
      const angles = isNews ? relativeTo(beginning, latest.angles) : null;
      const next = nextTurn(turn, steps, { atMs: clock(), angles });
      if (next.promptedAtMs.length > turn.promptedAtMs.length || next.isOver) burst.take();
      if (next.promptedAtMs.length > turn.promptedAtMs.length) prompt(next.promptedAtMs.length - 1);
      turn = next;
      if (!turn.isOver) await pause(tickMs, signal);
    }
    await pause(afterMs, signal);
    if (isOver()) return null;
    burst.take();
    return {
      shownAtMs: turn.promptedAtMs,
      shots: spread(burst.shots, turn.promptedAtMs),
      isMissed: turn.isMissed,
    };
  } finally {
    burst.stop();
  }
}
