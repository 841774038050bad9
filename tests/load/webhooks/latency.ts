import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../percentiles.ts';
import type { DispatcherProcess } from './dispatcher-process.ts';
import type { Stand } from './stand.ts';

/** What a rate of events, offered in an open loop, did to their way from COMMIT to the receiver's first byte. */
export interface LatencyRun {
  readonly rate: number;
  /** Commits a second that were really reached. */
  readonly reachedPerSecond: number;
  readonly offered: number;
  readonly arrived: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** Before the clock runs: connections open, code is compiled. */
const warmUpMs = 2_000;
const drainMs = 15_000;

/** @param how.watched which events count; all of them unless given */
export async function runLatency(
  stand: Stand,
  how: {
    applicationIds: string[];
    rate: number;
    forMs: number;
    watched?: (applicationIndex: number) => boolean;
  },
): Promise<LatencyRun> {
  const { applicationIds, rate, forMs, watched = () => true } = how;
  await stand.publisher.call('offer', { applicationIds, rate, forMs: warmUpMs });
  await stand.receiver.call('forget', undefined);
  const { ids, committedMs } = await stand.publisher.call('offer', { applicationIds, rate, forMs });
  const wanted = ids.flatMap((id, index) =>
    watched(index % applicationIds.length) ? [{ id, committedMs: committedMs[index] ?? Number.NaN }] : [],
  );
  const latencies = await untilArrived(stand, wanted);
  const first = committedMs.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY);
  const last = committedMs.reduce((most, one) => Math.max(most, one), 0);
  return {
    rate,
    reachedPerSecond: ((ids.length - 1) * 1000) / (last - first),
    offered: wanted.length,
    arrived: latencies.length,
    p50Ms: percentile(latencies, 50),
    p95Ms: percentile(latencies, 95),
    p99Ms: percentile(latencies, 99),
  };
}

async function untilArrived(
  stand: Stand,
  wanted: readonly { id: string; committedMs: number }[],
): Promise<number[]> {
  const deadlineMs = performance.now() + drainMs;
  for (;;) {
    const arrivals = await stand.receiver.call('arrivals', undefined);
    const firstByteMs = new Map(arrivals.ids.map((id, index) => [id, arrivals.firstByteMs[index]]));
    const latencies = wanted.flatMap(({ id, committedMs }) => {
      const arrivedMs = firstByteMs.get(id);
      return arrivedMs === undefined ? [] : [arrivedMs - committedMs];
    });
    if (latencies.length === wanted.length || performance.now() > deadlineMs) return latencies;
    await sleep(100);
  }
}

/** Every fifth destination never answers. */
const isHanging = (index: number): boolean => index % 5 === 0;

/** The latency of the destinations that answer, with or without others that hang. */
export async function runNeighbours(
  stand: Stand,
  dispatcher: DispatcherProcess,
  how: { rate: number; forMs: number; hanging: boolean },
): Promise<LatencyRun> {
  const { rate, forMs, hanging } = how;
  const targets = stand.targets.map((url, index) =>
    hanging && isHanging(index) ? new URL('/hang/', url).href : url,
  );
  const { applicationIds, remove } = await stand.addDestinations(dispatcher, targets);
  const run = await runLatency(stand, {
    applicationIds,
    rate,
    forMs,
    watched: (index) => !isHanging(index),
  });
  await remove();
  return run;
}
