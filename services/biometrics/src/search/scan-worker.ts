import { parentPort, workerData } from 'node:worker_threads';
import { createScanner } from './scan.ts';
import { runJob, type ScanJob, type ScanReport } from './scan-job.ts';

/** What a search thread starts with. */
export interface ScanStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Where in the memory its probe goes. */
  readonly probeAddress: number;
}

/** A search thread: one job after the other; between jobs it sleeps. */
const { module, memory, probeAddress } = workerData as ScanStart;
const scanner = createScanner(module, memory, probeAddress);
parentPort?.on('message', (job: ScanJob) => {
  const report: ScanReport = { id: job.id, best: runJob(scanner, job) };
  parentPort?.postMessage(report);
});
