import { subscribe } from 'node:diagnostics_channel';
import { isMainThread } from 'node:worker_threads';

/** What the service has done since the last question. */
export interface Served {
  /** Milliseconds of each call that was answered. */
  readonly tookMs: number[];
  /** Of all its threads. */
  readonly cpuMs: number;
}

/**
 * Preloaded into the service under test: times every call from the arrival of its headers to the departure of its answer's, and
 * tells whoever started the service when asked. gRPC sends the headers of a unary answer together with the answer.
 */
if (isMainThread && process.send) {
  const startedAt = new WeakMap<object, number>();
  let tookMs: number[] = [];
  let cpu = process.cpuUsage();
  subscribe('http2.server.stream.start', (message) => {
    startedAt.set((message as { stream: object }).stream, performance.now());
  });
  subscribe('http2.server.stream.finish', (message) => {
    const started = startedAt.get((message as { stream: object }).stream);
    if (started !== undefined) tookMs.push(performance.now() - started);
  });
  process.on('message', () => {
    const used = process.cpuUsage(cpu);
    const report: Served = { tookMs, cpuMs: (used.user + used.system) / 1_000 };
    process.send?.(report);
    tookMs = [];
    cpu = process.cpuUsage();
  });
  // Whoever asks ends the service by a signal; the channel alone keeps nothing alive.
  process.channel?.unref();
}
