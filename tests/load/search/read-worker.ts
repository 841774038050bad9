import { parentPort, workerData } from 'node:worker_threads';

/**
 * How fast this machine can read at all: looks in its share of a memory for a byte that is not there, with the C library's
 * memchr, which does little else than read. No search over as many bytes can be much faster.
 */
const bytes = Buffer.alloc(Number(workerData), 1);
parentPort?.on('message', () => parentPort?.postMessage(bytes.indexOf(255)));
