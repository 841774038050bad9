/** How many jobs come, as an average that forgets: after `windowMs` a job counts a third of what it did. */
export interface ArrivalRate {
  /** One job has come. */
  note(nowMs: number): void;
  /** Jobs in a millisecond. */
  perMs(nowMs: number): number;
}

/** A meter that has seen nothing yet. */
export function createArrivalRate(windowMs = 1_000): ArrivalRate {
  let count = 0;
  let at = 0;
  const fade = (nowMs: number) => {
    count *= Math.exp(-Math.max(0, nowMs - at) / windowMs);
    at = nowMs;
  };
  return {
    note(nowMs) {
      fade(nowMs);
      count += 1;
    },
    perMs(nowMs) {
      fade(nowMs);
      return count / windowMs;
    },
  };
}
