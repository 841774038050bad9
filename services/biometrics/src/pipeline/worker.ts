import { parentPort, workerData } from 'node:worker_threads';
import { createLooker } from './look.ts';
import type { Job, Report, WorkerStart } from './messages.ts';
import { loadModels } from './models.ts';

/** Entry of an inference thread: load, warm up, then answer one job after the other. */
const port = parentPort;
if (port === null) throw new Error('worker.ts runs in a worker thread');

const looker = createLooker(await loadModels((workerData as WorkerStart).models));
await looker.warm();

port.on('message', async (job: Job) => {
  const report = await work(job);
  const subject = report.kind === 'done' && 'subject' in report.result ? report.result.subject : undefined;
  port.postMessage(report, subject ? [subject.embedding.buffer] : []);
});
port.postMessage({ kind: 'ready' } satisfies Report);

async function work({ kind, image }: Job): Promise<Report> {
  try {
    return { kind: 'done', result: await looker[kind](image) };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : 'unknown' };
  }
}
