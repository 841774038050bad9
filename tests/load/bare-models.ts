import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { MODEL_FILES, type ModelBytes } from '@selfsame/biometrics/pipeline/models';
import { assetsDirectory, facePath } from '@selfsame/testing/assets';
import type { BareModelsReport, BareModelsStart } from './bare-models-worker.ts';
import { median } from './percentiles.ts';

/** What the models alone can do on this machine with the same frames: no decoding, no cropping, no services. */
export interface BareModels {
  /** Median milliseconds a frame on one thread while the others work too. */
  frameMs: number;
  /** Frames a second of all threads together: the limit of any system around these models. */
  perSecond: number;
  threads: number;
}

export async function measureBareModels(photos: readonly string[], forMs = 8_000): Promise<BareModels> {
  const threads = availableParallelism();
  const models = Object.fromEntries(
    await Promise.all(
      Object.entries(MODEL_FILES).map(async ([role, file]) => [
        role,
        await readFile(join(assetsDirectory(), 'models', file)),
      ]),
    ),
  ) as ModelBytes;
  const frames = await Promise.all(photos.map((photo) => readFile(facePath(photo))));
  const start: BareModelsStart = { models, frames, forMs };
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('./bare-models-worker.ts', import.meta.url), { workerData: start }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const reports = await Promise.all(
    workers.map(async (worker) => {
      worker.postMessage('go');
      const [report] = (await once(worker, 'message')) as [BareModelsReport];
      await worker.terminate();
      return report;
    }),
  );
  return {
    frameMs: median(reports.flatMap((report) => report.framesMs)),
    perSecond: reports.reduce(
      (sum, { framesMs, elapsedMs }) => sum + (framesMs.length * 1000) / elapsedMs,
      0,
    ),
    threads,
  };
}
