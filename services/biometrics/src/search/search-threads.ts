import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Failure } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import { byLikeness, type Likeness } from './best.ts';
import { assembleScan, createScanner, PROBE_BYTES } from './scan.ts';
import { cancel, newCursor, runJob, type ScanJob, type ScanPart, type ScanReport } from './scan-job.ts';
import type { ScanStart } from './scan-worker.ts';

/** Threads that scan the shared memory, apart from those that look at pictures. */
export interface SearchThreads {
  /** Resolves when all of them are up: the first job of a thread waits until it has started. */
  readonly ready: Promise<void>;
  /**
   * The best likenesses of each part, best first. The shelves must not change until it has settled; when the signal is
   * aborted it settles soon, and what it resolves with is incomplete.
   * @throws Failure `search_thread_lost` (retryable)
   */
  scan(parts: readonly ScanPart[], signal: AbortSignal): Promise<Likeness[][]>;
  close(): Promise<void>;
}

/** The first block of the memory holds one probe for each, and one for the thread that asks. */
export const SEARCH_THREADS_MAX = 127;
/** A fifteenth of a millisecond: handing it over and back would take longer, and wait for a core besides. */
const RECORDS_AT_ONCE = 4_000;
/** A third of a millisecond for one thread: waking another would cost as much, and take a core from a look. */
const RECORDS_PER_THREAD = 20_000;
const RESTART_PAUSE_MS = 200;

interface Thread {
  readonly worker: Worker;
  /** Jobs that it has not reported on. */
  readonly jobs: Map<number, (report: ScanReport | undefined) => void>;
  ended: boolean;
}

/** @param options.threads 1 to SEARCH_THREADS_MAX, one for each core that searches may use */
export function openSearchThreads(options: {
  memory: WebAssembly.Memory;
  threads: number;
  log: Log;
}): SearchThreads {
  const { memory, log } = options;
  const module = assembleScan();
  const own = createScanner(module, memory, options.threads * PROBE_BYTES);
  const threads = Array.from({ length: options.threads }, (_, slot) => start(slot));
  let closing = false;
  let lastId = 0;

  function start(slot: number): Thread {
    const workerData: ScanStart = { module, memory, probeAddress: slot * PROBE_BYTES };
    const worker = new Worker(new URL('./scan-worker.ts', import.meta.url), { workerData });
    // An idle thread keeps no process alive.
    worker.unref();
    const jobs: Thread['jobs'] = new Map();
    const thread: Thread = { worker, jobs, ended: false };
    worker.on('message', (report: ScanReport) => {
      jobs.get(report.id)?.(report);
      jobs.delete(report.id);
      if (jobs.size === 0) worker.unref();
    });
    worker.on('error', (err) => log.error({ err }, 'search thread failed'));
    worker.on('exit', () => {
      thread.ended = true;
      for (const settle of jobs.values()) settle(undefined);
      jobs.clear();
      if (!closing) void replace(slot);
    });
    return thread;
  }

  async function replace(slot: number): Promise<void> {
    log.error('search thread lost; starting another');
    await pause(RESTART_PAUSE_MS, undefined, { ref: false });
    if (!closing) threads[slot] = start(slot);
  }

  /** Gives the job to a thread. @returns its report, or undefined when the thread is lost */
  async function give({ worker, jobs, ended }: Thread, job: ScanJob): Promise<ScanReport | undefined> {
    if (ended) return undefined;
    return new Promise((resolve) => {
      jobs.set(job.id, resolve);
      worker.ref();
      worker.postMessage(job);
    });
  }

  const first: ScanJob = { id: 0, parts: [], cursor: newCursor() };
  return {
    ready: Promise.all(threads.map((thread) => give(thread, first))).then(() => {}),
    async scan(parts, signal) {
      const records = parts.reduce((sum, { shelf }) => sum + shelf.records, 0);
      if (records === 0 || signal.aborted) return parts.map(() => []);
      const job: ScanJob = { id: ++lastId, parts, cursor: newCursor() };
      if (records <= RECORDS_AT_ONCE) return runJob(own, job);
      const wanted = Math.ceil(records / RECORDS_PER_THREAD);
      const chosen = threads.toSorted((one, other) => one.jobs.size - other.jobs.size).slice(0, wanted);
      const stop = () => cancel(job.cursor);
      signal.addEventListener('abort', stop, { once: true });
      try {
        const reports = await Promise.all(chosen.map((thread) => give(thread, job)));
        return parts.map((part, index) => merge(reports, index, part.keep));
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    async close() {
      closing = true;
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

function merge(reports: readonly (ScanReport | undefined)[], part: number, keep: number): Likeness[] {
  const found = reports.flatMap((report) => {
    if (report === undefined) {
      throw new Failure('unavailable', 'search_thread_lost', 'The search was interrupted; try again.');
    }
    return report.best[part] ?? [];
  });
  return found.sort(byLikeness).slice(0, keep);
}
