const minuteMs = 60_000;
let aheadMs = 0;

/**
 * Learns from an answer how far this device's clock is ahead of the service's, so that one that is wrong makes nobody wait.
 * @param date the answer's Date header; without one nothing changes
 */
export function learnClock(date: string | null, nowMs: number = Date.now()): void {
  const servedMs = Date.parse(date ?? '');
  if (Number.isFinite(servedMs)) aheadMs = nowMs - servedMs;
}

/** Milliseconds until a time of the service; 0 once it has come, or when it is no time. */
export function millisecondsUntil(iso: string, nowMs: number = Date.now()): number {
  const leftMs = Date.parse(iso) - (nowMs - aheadMs);
  return Number.isNaN(leftMs) ? 0 : Math.max(0, leftMs);
}

/** Minutes until a time of the service, begun ones counted whole; 0 once it has come, or when it is no time. */
export function minutesUntil(iso: string, nowMs: number = Date.now()): number {
  return Math.ceil(millisecondsUntil(iso, nowMs) / minuteMs);
}
