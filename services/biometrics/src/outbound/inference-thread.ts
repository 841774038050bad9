import { Worker } from 'node:worker_threads';
import { Failure } from '@selfsame/runtime/errors';
import type { Job, Report, Result, WorkerStart } from '../pipeline/messages.ts';

/** One thread with all models loaded and warm. */
export interface InferenceThread {
  /**
   * Does one job; call it again only when it has settled.
   * @throws Failure `worker_lost` (retryable) when the thread ended meanwhile, `look_failed`
   */
  run(job: Job): Promise<Result>;
  /** Resolves with the reason once the thread has ended, whoever ended it. */
  readonly ended: Promise<unknown>;
  end(): Promise<void>;
}

/** Starts the thread itself; tests replace it to hold on to their victims. */
export type Spawn = (start: WorkerStart) => Worker;

/** A look takes 30 ms: one that takes this long never ends, and the thread goes with it. */
const JOB_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 30_000;

/** Resolves once the thread is ready. @throws Error when it ends before that, or takes longer than 30 s. */
export async function startInferenceThread(start: WorkerStart, spawn: Spawn): Promise<InferenceThread> {
  const worker = spawn(start);
  const ended = Promise.withResolvers<unknown>();
  let reason: unknown;
  worker.on('error', (error) => {
    reason = error;
  });
  worker.on('exit', () => ended.resolve(reason));

  /** The thread's next report, or undefined when it ends or takes too long, which ends it. */
  async function report(timeoutMs: number): Promise<Report | undefined> {
    const next = Promise.withResolvers<Report>();
    worker.once('message', next.resolve);
    const timer = setTimeout(() => void worker.terminate(), timeoutMs);
    try {
      return await Promise.race([next.promise, ended.promise.then(() => undefined)]);
    } finally {
      clearTimeout(timer);
      worker.off('message', next.resolve);
    }
  }

  if ((await report(START_TIMEOUT_MS)) === undefined) {
    throw new Error('an inference thread ended before it was ready', { cause: reason });
  }
  return {
    ended: ended.promise,
    async end() {
      await worker.terminate();
    },
    async run(job) {
      worker.postMessage(job, [job.image.buffer]);
      const answer = await report(JOB_TIMEOUT_MS);
      if (answer?.kind === 'done') return answer.result;
      if (answer?.kind === 'failed') {
        const cause = new Error(answer.message);
        throw new Failure('internal', 'look_failed', 'The look failed.', { cause });
      }
      throw new Failure('unavailable', 'worker_lost', 'The look was interrupted; try again.');
    },
  };
}

/** A thread of this process that runs the pipeline. */
export const spawnWorker: Spawn = (start) =>
  new Worker(new URL('../pipeline/worker.ts', import.meta.url), { workerData: start });
