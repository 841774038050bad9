import { Worker } from 'node:worker_threads';
import { assetPlaces, loadModelBytes } from '@selfsame/biometrics/assets';
import type { Outcome } from './examination.ts';
import type { LabJob, LabReport, LabStart } from './lab-worker.ts';
import type { Species } from './presentation.ts';

/** What a run of the lab does. */
export interface LabOptions {
  readonly species: readonly Species[];
  /** How many presentations of a species are made. */
  readonly presentations: (species: Species) => number;
  readonly seed: number;
  /** Folder that the species come from, when they are somebody's own recordings. */
  readonly recordings: string | undefined;
  readonly threads: number;
  /** How many presentations of each species are handed to `save`. */
  readonly saved: number;
  readonly signal: AbortSignal;
  readonly report: (done: number, total: number) => void;
  readonly save: (species: string, index: number, frames: readonly Uint8Array[]) => void;
}

/** Makes and examines every presentation on worker threads. @returns outcomes in the order of the catalogue */
export async function runLab(options: LabOptions): Promise<Outcome[]> {
  const { species, seed, threads, signal } = options;
  const jobs = species.flatMap((one) =>
    Array.from(
      { length: options.presentations(one) },
      (_, index): LabJob => ({ species: one.id, index, save: index < options.saved }),
    ),
  );
  const outcomes: Outcome[] = [];
  const models = await loadModelBytes(assetPlaces(process.env));
  // Long jobs first, so that no thread is left alone with one at the end.
  const isLong = new Set([
    'replay-flashing',
    'replay-active-3d',
    'hand-held',
    'flash-mismatch',
    'pose-replay',
    'flashing',
    'active-3d',
  ]);
  const queue = jobs.toSorted(
    (one, other) => Number(isLong.has(other.species)) - Number(isLong.has(one.species)),
  );

  async function work(): Promise<void> {
    const start: LabStart = { models, seed, recordings: options.recordings };
    const worker = new Worker(new URL('./lab-worker.ts', import.meta.url), { workerData: start });
    try {
      for (;;) {
        const report = await nextReport(worker);
        if (report.kind === 'failed') throw new Error(report.message);
        if (report.kind === 'done') {
          outcomes.push(report.outcome);
          if (report.frames.length > 0)
            options.save(report.outcome.species, report.outcome.index, report.frames);
          options.report(outcomes.length, jobs.length);
        }
        const job = signal.aborted ? undefined : queue.shift();
        if (job === undefined) return;
        worker.postMessage(job);
      }
    } finally {
      await worker.terminate();
    }
  }

  const ended = await Promise.allSettled(Array.from({ length: threads }, work));
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  const rank = new Map(species.map(({ id }, index) => [id, index]));
  return outcomes.sort(
    (one, other) => (rank.get(one.species) ?? 0) - (rank.get(other.species) ?? 0) || one.index - other.index,
  );
}

/** The thread's next message. @throws Error when it ends or falls silent for two minutes */
function nextReport(worker: Worker): Promise<LabReport> {
  const next = Promise.withResolvers<LabReport>();
  const timer = setTimeout(() => next.reject(new Error('a thread of the lab is stuck')), 120_000);
  const onExit = () => next.reject(new Error('a thread of the lab ended'));
  worker.once('message', next.resolve).once('error', next.reject).once('exit', onExit);
  return next.promise.finally(() => {
    clearTimeout(timer);
    worker.off('message', next.resolve).off('error', next.reject).off('exit', onExit);
  });
}
