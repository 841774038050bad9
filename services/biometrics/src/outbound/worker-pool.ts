import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { deadlineOf } from '@selfsame/runtime/deadline';
import { errorCode, Failure } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import { BUCKETS } from '../pipeline/buckets.ts';
import type { Refused } from '../pipeline/decode.ts';
import type { Failed } from '../pipeline/examination.ts';
import type { Glance, Look, LookOptions, Track } from '../pipeline/look.ts';
import type { JobKind, Result } from '../pipeline/messages.ts';
import type { ModelBytes } from '../pipeline/models.ts';
import { createBatchPolicy } from '../serving/batch-policy.ts';
import { type Device, deviceOf } from '../serving/device.ts';
import { noteBatch, noteUnanswered, noteWait, showPool } from '../serving/inference-metrics.ts';
import { createJobQueue, deadlinePassed, type JobQueue, type Task } from '../serving/job-queue.ts';
import type { InferenceThread, Spawn } from './inference-thread.ts';
import { lookFailed, spawnWorker, startInferenceThread } from './inference-thread.ts';

/** Inference in threads of their own, one core each: the thread that serves calls never waits for a model. */
export interface WorkerPool {
  /**
   * A whole look. The image's memory is handed over when the array owns it.
   * @param signal when it fires nobody waits any more: a queued job is dropped. Its deadline, where it has one, decides
   * whether the job may queue at all, and nothing is answered after it
   * @throws Failure `queue_full`, `wait_too_long` (exhausted, with retryAfterMs), `deadline_passed`, `worker_lost`,
   * `look_stuck`, `look_failed`, `age_model_missing` (precondition)
   */
  look(image: Uint8Array, signal: AbortSignal, options?: LookOptions): Promise<Timed<Look | Refused>>;
  /** One frame of a challenge. Throws the same. */
  track(image: Uint8Array, signal: AbortSignal): Promise<Timed<Track | Refused>>;
  /** A small picture, for guidance. Waits behind all looks, in a short queue of its own. Throws the same. */
  glance(
    image: Uint8Array,
    signal: AbortSignal,
    options?: Pick<LookOptions, 'turn' | 'facesOnly'>,
  ): Promise<Timed<Glance | Refused>>;
  /** Refuses what is queued, waits for the looks under way and ends the threads. */
  close(): Promise<void>;
}

/** A result and the time its job waited for a thread. */
interface Timed<T> {
  readonly result: T;
  readonly queuedMs: number;
  /** Jobs that went through the models with it, itself included. */
  readonly batch: number;
}

export interface WorkerPoolOptions {
  readonly models: ModelBytes;
  /** A CPU unless given. */
  readonly device?: Device;
  /** A static batch size in place of the learned ones, for comparisons. */
  readonly batchSize?: number | undefined;
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

type Answer = Exclude<Result, Failed>;
type Waiting = Task<Timed<Answer>>;

/** Starts all threads and waits until each has loaded and warmed every model. */
export async function openWorkerPool(options: WorkerPoolOptions): Promise<WorkerPool> {
  const { models, workers, log, spawn = spawnWorker, device = deviceOf('cpu', options.workers) } = options;
  const start = { models, provider: device.provider, rehearsed: device.rehearsed };
  const threads = new Set<InferenceThread>();
  const idle = new Set<InferenceThread>();
  const working = new Set<Promise<void>>();
  let closing = false;

  async function staff(): Promise<InferenceThread> {
    const thread = await startInferenceThread(start, spawn);
    threads.add(thread);
    void thread.ended.then((err) => {
      threads.delete(thread);
      idle.delete(thread);
      if (closing) return;
      log.error({ err }, 'inference thread lost; starting another');
      void restaff();
    });
    return thread;
  }

  async function restaff(): Promise<void> {
    for (let attempt = 1; !closing; attempt += 1) {
      try {
        return release(await staff());
      } catch (error) {
        if (attempt === FAILED_STARTS_MAX) return options.onBroken(error);
        await pause(RESTART_PAUSE_MS * attempt, undefined, { ref: false });
      }
    }
  }

  const started = await Promise.allSettled(Array.from({ length: workers }, staff));
  const [first] = threads;
  const failed = started.find((result) => result.status === 'rejected');
  if (failed || first === undefined) {
    closing = true;
    await Promise.all([...threads].map((thread) => thread.end()));
    throw failed?.reason ?? new Error('every inference thread ended while the others started');
  }
  const { batchSize } = options;
  const sizes = batchSize === undefined ? device.sizes : BUCKETS;
  const policyOf = (kind: JobKind) =>
    createBatchPolicy({ sizes, costs: first.costs[kind], fixedSize: batchSize });
  const policies = { look: policyOf('look'), track: policyOf('track'), glance: policyOf('glance') };
  const queue: JobQueue<Timed<Answer>> = createJobQueue({
    limits: {
      look: options.queueLimit,
      track: options.queueLimit * TRACKS_PER_LOOK,
      glance: workers * GLANCES_PER_WORKER,
    },
    policies,
  });
  for (const thread of threads) idle.add(thread);
  const busy = () => threads.size - idle.size;
  const hide = showPool({
    provider: device.provider,
    policies,
    waiting: queue.waiting,
    threads: () => ({ idle: idle.size, busy: busy() }),
  });

  function release(thread: InferenceThread): void {
    if (!threads.has(thread)) return;
    idle.add(thread);
    dispatch();
  }

  /** Gives what waits to idle threads, in batches as large as pays. */
  function dispatch(): void {
    for (const thread of idle) {
      const batch = queue.take(idle.size);
      if (batch === undefined) return;
      idle.delete(thread);
      const work = perform(thread, batch).finally(() => working.delete(work));
      working.add(work);
    }
  }

  async function perform(thread: InferenceThread, batch: readonly Waiting[]): Promise<void> {
    const kind = batch[0]?.kind ?? 'look';
    const startMs = performance.now();
    try {
      const results = await thread.run({ kind, jobs: batch.map(({ job }) => job) });
      const ms = performance.now() - startMs;
      policies[kind].learn(batch.length, ms);
      const size = policies[kind].padded(batch.length);
      batch[0]?.asCaller(() => noteBatch(kind, { jobs: batch.length, size, ms }));
      for (const [index, task] of batch.entries()) {
        settle(task, results[index], { queuedMs: startMs - task.enqueuedAt, batch: batch.length });
      }
    } catch (error) {
      for (const task of batch) task.reject(error);
      if (errorCode(error) === 'look_stuck') return options.onBroken(error);
    }
    release(thread);
  }

  async function submit(...[kind, ...job]: Parameters<typeof ask>): Promise<Timed<Answer>> {
    try {
      const answer = await ask(kind, ...job);
      noteWait(kind, answer.queuedMs);
      return answer;
    } catch (error) {
      noteUnanswered(kind, error);
      throw error;
    }
  }

  async function ask(
    kind: JobKind,
    image: Uint8Array,
    signal: AbortSignal,
    lookOptions?: LookOptions,
  ): Promise<Timed<Answer>> {
    if (closing) throw stopping();
    if (lookOptions?.age && models.age === undefined) throw ageModelMissing();
    if (signal.aborted) throw deadlinePassed();
    const deadlineAt = deadlineOf(signal)?.getTime();
    queue.admit(kind, deadlineAt, { idle: idle.size, busy: busy() });
    const { promise, resolve, reject } = Promise.withResolvers<Timed<Answer>>();
    const job = { image: owned(image), options: lookOptions };
    const asCaller = AsyncLocalStorage.snapshot();
    const enqueuedAt = performance.now();
    const task: Waiting = { kind, job, enqueuedAt, deadlineAt, asCaller, resolve, reject };
    const giveUp = () => {
      queue.remove(task);
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
    hide();
    for (const task of queue.drain()) task.reject(stopping());
    await Promise.all(working);
    await Promise.all([...threads].map((thread) => thread.end()));
  }

  // A worker answers each kind of job with its kind of result.
  return {
    look: (image, signal, lookOptions) =>
      submit('look', image, signal, lookOptions) as Promise<Timed<Look | Refused>>,
    track: (image, signal) => submit('track', image, signal) as Promise<Timed<Track | Refused>>,
    glance: (image, signal, lookOptions) =>
      submit('glance', image, signal, lookOptions) as Promise<Timed<Glance | Refused>>,
    close,
  };
}

/** Answers one job of a batch, unless its time is over. */
function settle(task: Waiting, result: Result | undefined, facts: Omit<Timed<Answer>, 'result'>): void {
  if (result === undefined || 'failed' in result) task.reject(lookFailed(result?.failed ?? 'no result'));
  else if (task.deadlineAt !== undefined && Date.now() > task.deadlineAt) task.reject(deadlinePassed());
  else task.resolve({ result, ...facts });
}

/** The same bytes when the array owns its memory, which then moves to the thread; else a copy. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  const owns = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  return owns ? new Uint8Array(buffer) : new Uint8Array(bytes);
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
