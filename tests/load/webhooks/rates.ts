import { readFileSync } from 'node:fs';
import type { Arrivals } from './receiver.ts';

/** One run of one contender. */
export interface RateRun {
  readonly events: number;
  /** Events a second over the middle 80 % of the run, on the receiver's clock. */
  readonly perSecond: number;
  /** CPU time that the contender's own process took for one event; NaN where it cannot be read. */
  readonly cpuMs: number;
}

/** Leaves the beginning and the end of a run out: connections that open, and stragglers. */
export function middleRate({ firstByteMs }: Arrivals): number {
  const sorted = firstByteMs.toSorted();
  const from = Math.floor(sorted.length * 0.1);
  const to = Math.ceil(sorted.length * 0.9) - 1;
  const spanMs = (sorted[to] ?? Number.NaN) - (sorted[from] ?? Number.NaN);
  return ((to - from) * 1000) / spanMs;
}

const clockTicksMs = 10;

/** User and system time of a process so far; NaN away from Linux. */
export function cpuTimeMs(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command in parentheses may hold spaces; fields are counted after it. 14 and 15 are the times.
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * clockTicksMs;
  } catch {
    return Number.NaN;
  }
}
