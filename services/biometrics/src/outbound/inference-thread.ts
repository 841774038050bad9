import { Worker } from 'node:worker_threads';
import { Failure } from '@selfsame/runtime/errors';
import type { Costs } from '../pipeline/look.ts';
import type { Batch, Report, Result, WorkerStart } from '../pipeline/messages.ts';
import type { Provider } from '../pipeline/models.ts';

/** One thread with all models loaded and warm. */
export interface InferenceThread {
  /** What its batches took while it warmed up. */
  readonly costs: Costs;
  /**
   * Does one batch; call it again only when it has settled. @returns one result for each job
   * @throws Failure `worker_lost` (retryable) when the thread ended meanwhile, `look_stuck`, `look_failed`
   */
  run(batch: Batch): Promise<readonly Result[]>;
  /** Resolves with the reason once the thread has ended, whoever ended it. */
  readonly ended: Promise<unknown>;
  /**
   * Only between jobs: the runtime aborts the whole process when its thread is ended inside a model. For the same reason
   * nothing here ever ends a thread that is late.
   */
  end(): Promise<void>;
}

/** Starts the thread itself; tests bring threads that can be made to die. */
export type Spawn = (start: WorkerStart) => Worker;

/** A look takes some tens of milliseconds, and its caller gives up after seconds: a thread that is silent for so long is stuck for good. */
const JOB_TIMEOUT_MS = 30_000;
const YOUNG_MB = 16;
/** TensorRT builds an engine for every model and batch size. */
const START_TIMEOUT_MS: Readonly<Record<Provider, number>> = {
  cpu: 60_000,
  cuda: 180_000,
  tensorrt: 1_800_000,
};

/** Resolves once the thread is ready. @throws Error when it ends before that, or is not ready after 60 s */
export async function startInferenceThread(start: WorkerStart, spawn: Spawn): Promise<InferenceThread> {
  const worker = spawn(start);
  const ended = Promise.withResolvers<unknown>();
  let reason: unknown;
  worker.on('error', (error) => {
    reason = error;
  });
  let hasEnded = false;
  worker.on('exit', () => {
    hasEnded = true;
    ended.resolve(reason);
  });

  /** The thread's next report; `lost` when it ends before. */
  async function report(timeoutMs: number): Promise<Report | 'lost' | 'late'> {
    if (hasEnded) return 'lost';
    const next = Promise.withResolvers<Report | 'lost' | 'late'>();
    const timer = setTimeout(next.resolve, timeoutMs, 'late');
    const lost = () => next.resolve('lost');
    // Listeners come off again; what waits for `ended` would stay for as long as the thread lives.
    worker.once('message', next.resolve).once('exit', lost);
    try {
      return await next.promise;
    } finally {
      clearTimeout(timer);
      worker.off('message', next.resolve).off('exit', lost);
    }
  }

  const first = await report(START_TIMEOUT_MS[start.provider]);
  if (first === 'lost' || first === 'late' || first.kind !== 'ready') {
    const what = typeof first === 'string' ? first : 'confused';
    throw new Error(`an inference thread was ${what} before it was ready`, { cause: reason });
  }
  return {
    costs: first.costs,
    ended: ended.promise,
    async end() {
      await worker.terminate();
    },
    async run(batch) {
      worker.postMessage(
        batch,
        batch.jobs.map(({ image }) => image.buffer),
      );
      const answer = await report(JOB_TIMEOUT_MS);
      if (answer === 'lost') throw interrupted('worker_lost');
      if (answer === 'late') throw interrupted('look_stuck');
      if (answer.kind === 'done') return answer.results;
      throw lookFailed('ready twice');
    },
  };
}

/** A model gave something impossible; what exactly is for the log. */
export function lookFailed(reason: string): Failure {
  return new Failure('internal', 'look_failed', 'The look failed.', { cause: new Error(reason) });
}

function interrupted(code: string): Failure {
  return new Failure('unavailable', code, 'The look was interrupted; try again.');
}

/**
 * A thread of this process that runs the pipeline. What a look leaves behind in JavaScript is garbage at once; with little
 * room for the young it is collected before it makes the process large.
 */
export const spawnWorker: Spawn = (start) =>
  new Worker(new URL('../pipeline/worker.ts', import.meta.url), {
    workerData: start,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
