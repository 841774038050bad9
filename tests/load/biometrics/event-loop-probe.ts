import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** What the measured process tells of itself since the last question. */
export interface ProbeReport {
  rssMb: number;
  /** Milliseconds that a due timer waited for its turn. */
  delayP50Ms: number;
  delayP99Ms: number;
  delayMaxMs: number;
  /** CPU milliseconds of the whole process, inference threads included. */
  cpuMs: number;
}

/** Preloaded into the service under test: watches its event loop and answers whoever started it. */
const INTERVAL_MS = 1;

if (isMainThread && process.send) {
  const delays = monitorEventLoopDelay({ resolution: INTERVAL_MS });
  delays.enable();
  let cpu = process.cpuUsage();
  process.on('message', () => {
    // The monitor counts from one tick to the next: an idle loop reads its interval.
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - INTERVAL_MS);
    const used = process.cpuUsage(cpu);
    const report: ProbeReport = {
      rssMb: process.memoryUsage.rss() / 1024 / 1024,
      delayP50Ms: late(delays.percentile(50)),
      delayP99Ms: late(delays.percentile(99)),
      delayMaxMs: late(delays.max),
      cpuMs: (used.user + used.system) / 1_000,
    };
    delays.reset();
    cpu = process.cpuUsage();
    process.send?.(report);
  });
  // Whoever asks ends the service by a signal; the channel alone keeps nothing alive.
  process.channel?.unref();
}
