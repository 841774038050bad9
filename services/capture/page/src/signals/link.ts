import type { Found, Part } from './part.ts';

/** Half of a second, on which headers cut their time off. */
const cutMs = 500;

/** How far the device's clock is ahead: one small question about a file that is there anyway. */
export const clock: Part = {
  patienceMs: 1_200,
  async read(): Promise<Found> {
    const askedAt = Date.now();
    const response = await fetch(import.meta.url, { method: 'HEAD', cache: 'no-store' });
    const served = Date.parse(response.headers.get('date') ?? '');
    const middle = (askedAt + Date.now()) / 2;
    return { clock_ahead_ms: Number.isFinite(served) ? middle - served - cutMs : null };
  },
};

/** How long answers of the service took so far, from the browser's own records. */
export function roundTrips(): Found {
  const entries = [
    ...performance.getEntriesByType('navigation'),
    ...performance.getEntriesByType('resource'),
  ] as PerformanceResourceTiming[];
  const times = entries
    .filter(({ name, transferSize }) => name.startsWith(location.origin) && transferSize > 0)
    .map(({ requestStart, responseStart }) => (requestStart > 0 ? responseStart - requestStart : 0))
    .filter((ms) => ms > 0);
  if (times.length === 0) return { rtt_min_ms: null, rtt_jitter_ms: null };
  const steps = times.slice(1).map((ms, at) => Math.abs(ms - (times[at] ?? ms)));
  const jitter = steps.reduce((sum, step) => sum + step, 0) / steps.length;
  return { rtt_min_ms: Math.min(...times), rtt_jitter_ms: times.length < 3 ? null : jitter };
}

export const link: Part = { patienceMs: 100, read: roundTrips };
