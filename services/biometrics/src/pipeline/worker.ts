import { parentPort, workerData } from 'node:worker_threads';
import { createLooker } from './look.ts';
import type { Batch, Report, Result, WorkerStart } from './messages.ts';
import { loadModels } from './models.ts';

/** Entry of an inference thread: load, warm up, then answer one batch after the other. */
const port = parentPort;
if (port === null) throw new Error('worker.ts runs in a worker thread');

const looker = createLooker(await loadModels((workerData as WorkerStart).models));
const work = { look: looker.looks, track: looker.tracks, glance: looker.glances } as const;
await looker.warm();

port.on('message', async (batch: Batch) => {
  const report = await answer(batch);
  port.postMessage(report, report.kind === 'done' ? report.results.flatMap(memoryOf) : []);
});
port.postMessage({ kind: 'ready' } satisfies Report);

async function answer({ kind, jobs }: Batch): Promise<Report> {
  try {
    return { kind: 'done', results: await work[kind](jobs) };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : 'unknown' };
  }
}

/** What moves to the receiver instead of being copied. */
function memoryOf(result: Result): ArrayBuffer[] {
  if ('subject' in result && result.subject) {
    return [result.subject.embedding.buffer, result.subject.landmarks.mesh.buffer];
  }
  return 'landmarks' in result && result.landmarks ? [result.landmarks.mesh.buffer] : [];
}
