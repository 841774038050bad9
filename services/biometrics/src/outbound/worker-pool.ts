import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { errorCode, Failure } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import type { Refused } from '../pipeline/decode.ts';
import type { Failed } from '../pipeline/examination.ts';
import type { Look, LookOptions, Sighting, Track } from '../pipeline/look.ts';
import type { Job, JobKind, Result } from '../pipeline/messages.ts';
import type { ModelBytes } from '../pipeline/models.ts';
import type { InferenceThread, Spawn } from './inference-thread.ts';
import { lookFailed, spawnWorker, startInferenceThread } from './inference-thread.ts';

/** Inference in threads of their own, one core each: the thread that serves calls never waits for a model. */
export interface WorkerPool {
  /**
   * A whole look. The image's memory is handed over when the array owns it.
   * @param signal nobody waits any more: a queued job is dropped
   * @throws Failure `queue_full` (exhausted), `deadline_passed`, `worker_lost`, `look_stuck`, `look_failed`,
   * `age_model_missing` (precondition)
   */
  look(image: Uint8Array, signal: AbortSignal, options?: LookOptions): Promise<Timed<Look | Refused>>;
  /** One frame of a challenge. Throws the same. */
  track(image: Uint8Array, signal: AbortSignal): Promise<Timed<Track | Refused>>;
  /** Detection only. Waits behind all looks, in a short queue of its own. Throws the same. */
  glance(
    image: Uint8Array,
    signal: AbortSignal,
    options?: Pick<LookOptions, 'turn'>,
  ): Promise<Timed<Sighting | Refused>>;
  /** Refuses what is queued, waits for the looks under way and ends the threads. */
  close(): Promise<void>;
}

/** A result and the time its job waited for a thread. */
interface Timed<T> {
  readonly result: T;
  readonly queuedMs: number;
}

export interface WorkerPoolOptions {
  readonly models: ModelBytes;
  /** Threads. */
  readonly workers: number;
  /** Looks that may wait. */
  readonly queueLimit: number;
  readonly log: Log;
  /** A thread is stuck, or none can be started any more: the process should be replaced. */
  readonly onBroken: (error: unknown) => void;
  readonly spawn?: Spawn;
}

/** A challenge brings up to 32 frames beside its look, each of a fifth of its size. */
const TRACKS_PER_LOOK = 4;
/** Guidance is stale after a moment: rather refuse it than let it wait. */
const GLANCES_PER_WORKER = 2;
/** Starts in a row that may fail, with a rising pause after each. */
const FAILED_STARTS_MAX = 5;
const RESTART_PAUSE_MS = 200;

/** One thread for each core that the process may use. */
export function defaultWorkers(): number {
  return availableParallelism();
}

type Answer = Exclude<Result, Failed>;

interface Task {
  readonly kind: JobKind;
  readonly job: Job;
  readonly enqueuedAt: number;
  readonly resolve: (timed: Timed<Answer>) => void;
  readonly reject: (error: unknown) => void;
}

/** Starts all threads and waits until each has loaded and warmed every model. */
export async function openWorkerPool(options: WorkerPoolOptions): Promise<WorkerPool> {
  const { models, workers, log, spawn = spawnWorker } = options;
  const queues: Record<JobKind, Task[]> = { look: [], track: [], glance: [] };
  const limits: Record<JobKind, number> = {
    look: options.queueLimit,
    track: options.queueLimit * TRACKS_PER_LOOK,
    glance: workers * GLANCES_PER_WORKER,
  };
  const threads = new Set<InferenceThread>();
  const idle = new Set<InferenceThread>();
  const working = new Set<Promise<void>>();
  let closing = false;

  async function staff(): Promise<void> {
    const thread = await startInferenceThread({ models }, spawn);
    threads.add(thread);
    void thread.ended.then((err) => {
      threads.delete(thread);
      idle.delete(thread);
      if (closing) return;
      log.error({ err }, 'inference thread lost; starting another');
      void restaff();
    });
    release(thread);
  }

  async function restaff(): Promise<void> {
    for (let attempt = 1; !closing; attempt += 1) {
      try {
        return await staff();
      } catch (error) {
        if (attempt === FAILED_STARTS_MAX) return options.onBroken(error);
        await pause(RESTART_PAUSE_MS * attempt, undefined, { ref: false });
      }
    }
  }

  function release(thread: InferenceThread): void {
    if (!threads.has(thread)) return;
    idle.add(thread);
    dispatch();
  }

  /** Gives the oldest jobs to idle threads, looks before tracks before glances. */
  function dispatch(): void {
    for (const thread of idle) {
      const task = queues.look.shift() ?? queues.track.shift() ?? queues.glance.shift();
      if (task === undefined) return;
      idle.delete(thread);
      const work = perform(thread, task).finally(() => working.delete(work));
      working.add(work);
    }
  }

  async function perform(thread: InferenceThread, task: Task): Promise<void> {
    const queuedMs = performance.now() - task.enqueuedAt;
    try {
      const [result] = await thread.run({ kind: task.kind, jobs: [task.job] });
      if (result === undefined || 'failed' in result) throw lookFailed(result?.failed ?? 'no result');
      task.resolve({ result, queuedMs });
    } catch (error) {
      task.reject(error);
      if (errorCode(error) === 'look_stuck') return options.onBroken(error);
    }
    release(thread);
  }

  async function submit(
    kind: JobKind,
    image: Uint8Array,
    signal: AbortSignal,
    lookOptions?: LookOptions,
  ): Promise<Timed<Answer>> {
    const queue = queues[kind];
    if (closing) throw stopping();
    if (lookOptions?.age && models.age === undefined) throw ageModelMissing();
    if (signal.aborted) throw deadlinePassed();
    if (idle.size === 0 && queue.length >= limits[kind]) {
      throw new Failure('exhausted', 'queue_full', 'Too many looks at once; try again.', { retryable: true });
    }
    const { promise, resolve, reject } = Promise.withResolvers<Timed<Answer>>();
    const job = { image: owned(image), options: lookOptions };
    const task: Task = { kind, job, enqueuedAt: performance.now(), resolve, reject };
    const giveUp = () => {
      const place = queue.indexOf(task);
      if (place < 0) return;
      queue.splice(place, 1);
      reject(deadlinePassed());
    };
    signal.addEventListener('abort', giveUp, { once: true });
    queue.push(task);
    dispatch();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async function close(): Promise<void> {
    closing = true;
    for (const task of Object.values(queues).flatMap((queue) => queue.splice(0))) task.reject(stopping());
    await Promise.all(working);
    await Promise.all([...threads].map((thread) => thread.end()));
  }

  const started = await Promise.allSettled(Array.from({ length: workers }, staff));
  const failed = started.find((result) => result.status === 'rejected');
  if (failed) {
    await close();
    throw failed.reason;
  }
  // A worker answers each kind of job with its kind of result.
  return {
    look: (image, signal, lookOptions) =>
      submit('look', image, signal, lookOptions) as Promise<Timed<Look | Refused>>,
    track: (image, signal) => submit('track', image, signal) as Promise<Timed<Track | Refused>>,
    glance: (image, signal, lookOptions) =>
      submit('glance', image, signal, lookOptions) as Promise<Timed<Sighting | Refused>>,
    close,
  };
}

/** The same bytes when the array owns its memory, which then moves to the thread; else a copy. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  const owns = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  return owns ? new Uint8Array(buffer) : new Uint8Array(bytes);
}

function deadlinePassed(): Failure {
  return new Failure('deadline', 'deadline_passed', 'The deadline passed before the look began.');
}

function ageModelMissing(): Failure {
  return new Failure(
    'precondition',
    'age_model_missing',
    'Ages are not estimated here: no age model is loaded.',
  );
}

function stopping(): Failure {
  return new Failure('unavailable', 'stopping', 'The service is stopping; try again.');
}
