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

/** A movement that is asked for. */
export interface Prompt {
  readonly pose: HeadPose;
  readonly withinMs: number;
  /** 0..1 of all steps are done. */
  readonly share: number;
  /** So many movements are asked for, ways back to the middle not counted. */
  readonly steps: number;
  /** So many of them are over. */
  readonly done: number;
  /** The movement before this one was seen. */
  readonly isReached: boolean;
}

/** What was prompted and seen. Milliseconds since the challenge began. */
export interface Turned {
  readonly shownAtMs: readonly number[];
  readonly shots: readonly Shot[];
  /** The pose that the angles said was not reached in its time. */
  readonly missed: HeadPose | null;
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
 * @param endsAtMiss a pose that was missed is the last one
 * @returns null when it was stopped, or when the page was hidden on the way
 */
export async function followPrompts(
  video: HTMLVideoElement,
  steps: MotionPlan['steps'],
  head: HeadWatch,
  prompted: (prompt: Prompt) => void,
  endsAtMiss: boolean,
  signal: AbortSignal,
): Promise<Turned | null> {
  const start = performance.now();
  const clock = () => performance.now() - start;
  const burst = startBurst(video, { everyMs, clock, shotsMax });
  const isOver = () => signal.aborted || document.hidden;
  const prompt = (at: number, isReached: boolean) => {
    const step = steps[at];
    if (step !== undefined)
      prompted({ ...placeOf(steps, at), pose: step.pose, withinMs: step.within_ms, isReached });
  };
  try {
    await pause(restMs, signal);
    const beginning = [...head.beginning];
    let turn = startTurn(Math.round(clock()));
    let heardAtMs = performance.now();
    prompt(0, false);
    while (!turn.isOver) {
      if (isOver()) return null;
      const latest = head.latest();
      const isNews = latest !== null && latest.atMs > heardAtMs;
      if (isNews) heardAtMs = latest.atMs;
      const angles = isNews ? relativeTo(beginning, latest.angles) : null;
      const next = nextTurn(turn, steps, { atMs: clock(), angles });
      if (next.promptedAtMs.length > turn.promptedAtMs.length || next.isOver) burst.take();
      const isMissedNow = endsAtMiss && next.missed !== null;
      if (next.promptedAtMs.length > turn.promptedAtMs.length && !isMissedNow) {
        prompt(next.promptedAtMs.length - 1, next.isReached);
      }
      turn = isMissedNow ? { ...next, isOver: true } : next;
      if (!turn.isOver) await pause(tickMs, signal);
    }
    await pause(afterMs, signal);
    if (isOver()) return null;
    burst.take();
    return {
      shownAtMs: turn.promptedAtMs,
      shots: spread(burst.shots, turn.promptedAtMs),
      missed: turn.missed,
    };
  } finally {
    burst.stop();
  }
}

/** How far the prompts are with the step `at`. */
function placeOf(steps: MotionPlan['steps'], at: number): Pick<Prompt, 'share' | 'steps' | 'done'> {
  const movements = (some: MotionPlan['steps']) => some.filter(({ pose }) => pose !== 'front').length;
  return { share: at / steps.length, steps: movements(steps), done: movements(steps.slice(0, at)) };
}
