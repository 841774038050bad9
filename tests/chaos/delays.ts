/** An event's way to a receiver, unix milliseconds. */
export interface Way {
  readonly committedAtMs: number;
  readonly arrivedAtMs: number;
}

/** While something was broken, unix milliseconds. */
export interface Trouble {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** How long events took. */
export interface Delay {
  readonly sinceCommitMs: number;
  /** Since the last trouble in its way was over; since the commit when there was none. */
  readonly sinceWellMs: number;
}

/** The delay of each way. Pure. */
export function delaysOf(ways: readonly Way[], troubles: readonly Trouble[]): Delay[] {
  const byEnd = troubles.toSorted((a, b) => b.untilMs - a.untilMs);
  return ways.map(({ committedAtMs, arrivedAtMs }) => {
    // What ended after the arrival was not in the way to the end.
    const last = byEnd.find(({ untilMs }) => untilMs <= arrivedAtMs && untilMs >= committedAtMs);
    return {
      sinceCommitMs: arrivedAtMs - committedAtMs,
      sinceWellMs: arrivedAtMs - (last?.untilMs ?? committedAtMs),
    };
  });
}
