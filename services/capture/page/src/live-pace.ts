/** How often the service is asked, and how large a thumbnail it gets. */
export interface Pace {
  /** Milliseconds between two questions: 125 to 1000. */
  readonly intervalMs: number;
  /** Longest side of the thumbnail, pixels. */
  readonly side: number;
  readonly bytesMax: number;
  /** What an answer takes, averaged; milliseconds. */
  readonly answerMs: number;
}

/** What became of one question. `waitingBytes`: what still lay in the socket when it was asked. */
export type Outcome =
  | { readonly is: 'answered'; readonly afterMs: number; readonly waitingBytes: number }
  /** Nobody looked: the service has pictures to verify. */
  | { readonly is: 'busy' }
  | { readonly is: 'late' };

/** Eight a second at most, one at least. */
const fastestMs = 125;
const slowestMs = 1_000;
/** What detection needs at least, and what it gains from. Bytes by the size, from large to small. */
const sizes = [
  { side: 320, bytesMax: 8_000 },
  { side: 256, bytesMax: 5_500 },
  { side: 192, bytesMax: 3_500 },
] as const;
/** Above it a thumbnail is too large for the link, below it there is room. */
const sluggishMs = 500;
const brisk = 200;

/** As a page starts: unhurried until the first answers say what the link bears. */
export const firstPace: Pace = { intervalMs: 250, ...sizes[0], answerMs: 150 };

/**
 * The pace after one more answer. Half of the time between questions is left to the link, so that guidance never fills it;
 * a busy service is asked less often, a slow link gets smaller pictures.
 */
export function adapt(pace: Pace, outcome: Outcome): Pace {
  if (outcome.is === 'busy') return { ...pace, intervalMs: between(pace.intervalMs * 1.5) };
  if (outcome.is === 'late') return { ...pace, ...resized(pace, 1), intervalMs: slowestMs };
  const answerMs = 0.6 * pace.answerMs + 0.4 * outcome.afterMs;
  const crowded = outcome.waitingBytes > 0 || answerMs > sluggishMs;
  const step = crowded ? 1 : answerMs < brisk ? -1 : 0;
  // Quicker by small steps, slower at once.
  const wantedMs = crowded ? Math.max(2 * answerMs, pace.intervalMs * 1.5) : 1.5 * answerMs;
  const intervalMs = between(
    wantedMs > pace.intervalMs ? wantedMs : Math.max(wantedMs, pace.intervalMs * 0.8),
  );
  return { ...pace, ...resized(pace, step), answerMs, intervalMs };
}

function between(intervalMs: number): number {
  return Math.round(Math.min(slowestMs, Math.max(fastestMs, intervalMs)));
}

function resized({ side }: Pace, step: -1 | 0 | 1): { side: number; bytesMax: number } {
  const index = sizes.findIndex((size) => size.side === side) + step;
  return sizes[Math.min(sizes.length - 1, Math.max(0, index))] ?? sizes[0];
}
