import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '@selfsame/runtime/errors';

/** What came of some seconds of calls. */
export interface LoadRun {
  perSecond: number;
  latenciesMs: number[];
  /** Calls that were not answered, by code. */
  refused: Record<string, number>;
}

const seconds = (ms: number) => ms / 1_000;

/** Each of `concurrency` callers calls again as soon as it is answered; refused, it comes back when it is told to. */
export async function runClosed(
  call: () => Promise<unknown>,
  concurrency: number,
  forMs: number,
): Promise<LoadRun> {
  const run: LoadRun = { perSecond: 0, latenciesMs: [], refused: {} };
  const startMs = performance.now();
  const caller = async () => {
    while (performance.now() - startMs < forMs) {
      const beganMs = performance.now();
      try {
        await call();
        run.latenciesMs.push(performance.now() - beganMs);
      } catch (error) {
        note(run, error);
        await pause(error instanceof Failure ? (error.retryAfterMs ?? 50) : 50);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  run.perSecond = run.latenciesMs.length / seconds(performance.now() - startMs);
  return run;
}

/** Calls come at `rate` a second, whatever becomes of them; `perSecond` counts the answers within the deadline. */
export async function runOpen(
  call: (deadline: Date) => Promise<unknown>,
  rate: number,
  forMs: number,
  deadlineMs: number,
): Promise<LoadRun> {
  const run: LoadRun = { perSecond: 0, latenciesMs: [], refused: {} };
  const startMs = performance.now();
  const calls: Promise<void>[] = [];
  while (performance.now() - startMs < forMs) {
    const due = Math.floor(seconds(performance.now() - startMs) * rate);
    while (calls.length < due) calls.push(timed(run, call, deadlineMs));
    await pause(2);
  }
  await Promise.all(calls);
  run.perSecond = run.latenciesMs.length / seconds(forMs);
  return run;
}

async function timed(
  run: LoadRun,
  call: (deadline: Date) => Promise<unknown>,
  deadlineMs: number,
): Promise<void> {
  const beganMs = performance.now();
  try {
    await call(new Date(Date.now() + deadlineMs));
    const tookMs = performance.now() - beganMs;
    if (tookMs <= deadlineMs) run.latenciesMs.push(tookMs);
    else run.refused.late = (run.refused.late ?? 0) + 1;
  } catch (error) {
    note(run, error);
  }
}

function note(run: LoadRun, error: unknown): void {
  const code = error instanceof Failure ? error.code : 'unknown';
  run.refused[code] = (run.refused[code] ?? 0) + 1;
}
