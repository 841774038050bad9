import { parentPort } from 'node:worker_threads';

/** An inference thread that dies when it is told `die`, in the midst of whatever it does. */
parentPort?.on('message', (message) => {
  if (message === 'die') process.exit(1);
});
await import('../src/pipeline/worker.ts');
