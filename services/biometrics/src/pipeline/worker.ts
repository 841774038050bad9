import { getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { createLooker } from './look.ts';
import type { Batch, Report, Result, WorkerStart } from './messages.ts';
import { loadModels } from './models.ts';

/** Entry of an inference thread: load, warm up, then answer one batch after the other. */
const port = parentPort;
if (port === null) throw new Error('worker.ts runs in a worker thread');

/** Enough to let the serving thread in at once (its delay at p99 halves), little enough to stand beside other processes. */
const NICENESS = 5;

// The thread that serves calls goes first: its work is short, and looks are waited for anyway. Elsewhere than on Linux
// this would be the priority of the whole process.
if (process.platform === 'linux') setPriority(0, Math.max(NICENESS, getPriority(0)));

const { models, provider, rehearsed } = workerData as WorkerStart;
const looker = createLooker(await loadModels(models, provider));
const work = { look: looker.looks, track: looker.tracks, glance: looker.glances } as const;
const costs = await looker.warm(rehearsed);

port.on('message', async (batch: Batch) => {
  const results = await answer(batch);
  port.postMessage({ kind: 'done', results } satisfies Report, results.flatMap(memoryOf));
});
port.postMessage({ kind: 'ready', costs } satisfies Report);

/** One result for each job. A batch that fails as a whole is done again one by one: one picture may be the reason. */
async function answer({ kind, jobs }: Batch): Promise<Result[]> {
  try {
    return await work[kind](jobs);
  } catch (error) {
    if (jobs.length === 1) return [{ failed: error instanceof Error ? error.message : 'unknown' }];
    const results: Result[] = [];
    for (const job of jobs) results.push(...(await answer({ kind, jobs: [job] })));
    return results;
  }
}

/** What moves to the receiver instead of being copied. */
function memoryOf(result: Result): ArrayBuffer[] {
  if ('subject' in result && result.subject) {
    return [result.subject.embedding.buffer, result.subject.landmarks.mesh.buffer];
  }
  return 'landmarks' in result && result.landmarks ? [result.landmarks.mesh.buffer] : [];
}
