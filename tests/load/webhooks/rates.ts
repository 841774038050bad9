import { readFileSync } from 'node:fs';
import type { Arrivals } from './receiver.ts';

/** One run of one contender. */
export interface RateRun {
  readonly events: number;
  /** Events a second over the middle 80 % of the run, on the receiver's clock. */
  readonly perSecond: number;
  /** CPU time that one event took; NaN where it cannot be read. Unlike rates it hardly minds who else uses the machine. */
  readonly cpuMs: CpuTimes;
}

/** CPU time of the contender's own process, of the database with all its backends, and of the receiver. */
export interface CpuTimes {
  readonly own: number;
  readonly database: number;
  readonly receiver: number;
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
  const fields = statusOf(pid);
  return fields === undefined ? Number.NaN : ticks(fields, 11) + ticks(fields, 12);
}

/** The same of a process and its children, those that have ended included. */
export function cpuTimeOfFamilyMs(pid: number): number {
  const parent = statusOf(pid);
  if (parent === undefined) return Number.NaN;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  const living = children.map((child) => cpuTimeMs(Number(child))).filter((time) => !Number.isNaN(time));
  const ended = ticks(parent, 13) + ticks(parent, 14);
  return living.reduce((sum, time) => sum + time, cpuTimeMs(pid) + ended);
}

/** The process that started this one; undefined away from Linux. */
export function parentOf(pid: number): number | undefined {
  const parent = statusOf(pid)?.[1];
  return parent === undefined ? undefined : Number(parent);
}

/** Fields of the kernel's status line, from the state on: 1 is the parent, 11 to 14 are times. */
function statusOf(pid: number): string[] | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command in parentheses may hold spaces.
    return status.slice(status.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function ticks(fields: readonly string[], index: number): number {
  return Number(fields[index]) * clockTicksMs;
}
