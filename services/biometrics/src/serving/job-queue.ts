import { Failure } from '@selfsame/runtime/errors';
import type { Job, JobKind } from '../pipeline/messages.ts';
import { type ArrivalRate, createArrivalRate } from './arrival-rate.ts';
import type { BatchPolicy } from './batch-policy.ts';

/** A job that waits, and whoever waits for it. */
export interface Task<Answer> {
  readonly kind: JobKind;
  readonly job: Job;
  readonly enqueuedAt: number;
  /** Milliseconds since the epoch; undefined when the caller waits for ever. */
  readonly deadlineAt: number | undefined;
  /** Runs something in the trace of whoever waits. */
  readonly asCaller: (run: () => void) => void;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Bounded queues in front of the threads. Nothing here waits or knows a thread. */
export interface JobQueue<Answer> {
  /**
   * Whether a job may come in now, when `busy` threads work and `idle` ones do not.
   * @throws Failure `queue_full`, `wait_too_long` (exhausted, both with retryAfterMs), `deadline_passed`
   */
  admit(kind: JobKind, deadlineAt: number | undefined, threads: { idle: number; busy: number }): void;
  push(task: Task<Answer>): void;
  /** False when it was not there any more. */
  remove(task: Task<Answer>): boolean;
  /** The next batch for one of `idle` threads; undefined when nothing waits. Who came too late for it is told so. */
  take(idle: number): Task<Answer>[] | undefined;
  /** Takes out everything that waits. */
  drain(): Task<Answer>[];
  /** Jobs of a kind that wait now. */
  waiting(kind: JobKind): number;
}

export interface JobQueueOptions {
  /** Jobs of each kind that may wait. */
  readonly limits: Readonly<Record<JobKind, number>>;
  readonly policies: Readonly<Record<JobKind, BatchPolicy>>;
}

/**
 * The way to the caller and back is not in the wait as it is known here, and a job that is done too late took the place
 * of one that would not have been.
 */
const WAIT_MARGIN = 1.25;
/** A hint below it is noise, one above it would send people away for good. */
const RETRY_MS = { min: 50, max: 10_000 } as const;

/** Empty queues. Looks and tracks are taken in the order they came, glances when neither waits. */
export function createJobQueue<Answer>({ limits, policies }: JobQueueOptions): JobQueue<Answer> {
  const queues: Record<JobKind, Task<Answer>[]> = { look: [], track: [], glance: [] };
  const rates: Record<JobKind, ArrivalRate> = {
    look: createArrivalRate(),
    track: createArrivalRate(),
    glance: createArrivalRate(),
  };
  let threads = 1;

  /** Milliseconds until a job that comes now would be done. */
  function expectedMs(kind: JobKind, busy: number): number {
    const kinds: JobKind[] = kind === 'glance' ? ['look', 'track', 'glance'] : ['look', 'track'];
    const ahead = kinds.reduce((sum, each) => sum + policies[each].expectedMs(queues[each].length), 0);
    const own = policies[kind].expectedMs(1);
    // Those under way are half done on average.
    return (ahead + (busy * own) / 2) / threads + own;
  }

  function nextKind(): JobKind | undefined {
    const [look, track] = [queues.look[0], queues.track[0]];
    if (look && track) return look.enqueuedAt <= track.enqueuedAt ? 'look' : 'track';
    if (look) return 'look';
    if (track) return 'track';
    return queues.glance.length > 0 ? 'glance' : undefined;
  }

  /** Tells those whose deadline has passed, and those who would be done too late while others wait who would not. */
  function dropLate(now: number): void {
    for (const kind of ['look', 'track', 'glance'] as const) {
      const soon = now + policies[kind].expectedMs(1);
      const inTime = (task: Task<Answer>, at: number) =>
        task.deadlineAt === undefined || task.deadlineAt > at;
      const limit = queues[kind].some((task) => inTime(task, soon)) ? soon : now;
      for (const task of queues[kind].filter((one) => !inTime(one, limit))) task.reject(deadlinePassed());
      queues[kind] = queues[kind].filter((task) => inTime(task, limit));
    }
  }

  return {
    admit(kind, deadlineAt, { idle, busy }) {
      const now = Date.now();
      threads = Math.max(1, idle + busy);
      if (deadlineAt !== undefined && deadlineAt <= now) throw deadlinePassed();
      // Whatever is thought of the wait: a thread that is free has none, and its answer corrects the thought.
      if (idle > 0 && nextKind() === undefined) return;
      const waitMs = expectedMs(kind, busy);
      if (queues[kind].length >= limits[kind]) throw refused('queue_full', waitMs / 2);
      if (deadlineAt !== undefined && now + WAIT_MARGIN * waitMs > deadlineAt) {
        throw refused('wait_too_long', now + WAIT_MARGIN * waitMs - deadlineAt);
      }
    },

    push(task) {
      rates[task.kind].note(task.enqueuedAt);
      queues[task.kind].push(task);
    },

    remove(task) {
      const place = queues[task.kind].indexOf(task);
      if (place < 0) return false;
      queues[task.kind].splice(place, 1);
      return true;
    },

    take(idle) {
      dropLate(Date.now());
      const kind = nextKind();
      if (kind === undefined) return undefined;
      const queue = queues[kind];
      // Idle threads share what waits.
      const share = Math.ceil(queue.length / Math.max(1, idle));
      const perMs = rates[kind].perMs(performance.now()) / threads;
      return queue.splice(0, policies[kind].choose(share, perMs));
    },

    drain: () => Object.values(queues).flatMap((queue) => queue.splice(0)),
    waiting: (kind) => queues[kind].length,
  };
}

/** The caller stopped waiting, or will have before an answer could come. */
export function deadlinePassed(): Failure {
  return new Failure('deadline', 'deadline_passed', 'The deadline passed before the look was done.');
}

function refused(code: 'queue_full' | 'wait_too_long', waitMs: number): Failure {
  const retryAfterMs = Math.round(Math.min(RETRY_MS.max, Math.max(RETRY_MS.min, waitMs)));
  return new Failure('exhausted', code, 'Too many looks at once; try again.', {
    retryable: true,
    retryAfterMs,
  });
}
