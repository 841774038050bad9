import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const ROUNDS = 20;

/** Milliseconds that it takes so many threads to read so many bytes of memory, the best of a few rounds. */
export async function readingBound(bytes: number, threads: number): Promise<number> {
  const workers = Array.from(
    { length: threads },
    () =>
      new Worker(new URL('./read-worker.ts', import.meta.url), { workerData: Math.ceil(bytes / threads) }),
  );
  const round = async () => {
    const start = performance.now();
    const answers = workers.map((worker) => once(worker, 'message'));
    for (const worker of workers) worker.postMessage('read');
    await Promise.all(answers);
    return performance.now() - start;
  };
  const rounds: number[] = [];
  for (let index = 0; index < ROUNDS; index += 1) rounds.push(await round());
  await Promise.all(workers.map((worker) => worker.terminate()));
  return Math.min(...rounds);
}
