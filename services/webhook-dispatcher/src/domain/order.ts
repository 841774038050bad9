/** Which events of a session have been heard of: all up to `contiguous`, and those `ahead` of a gap. */
export interface Arrivals {
  readonly contiguous: number;
  readonly ahead: readonly number[];
}

/** Moves what is no longer ahead of a gap. */
export function settleArrivals({ contiguous, ahead }: Arrivals): { contiguous: number; ahead: number[] } {
  let reached = contiguous;
  const left = new Set(ahead);
  while (left.has(reached + 1)) reached += 1;
  return { contiguous: reached, ahead: [...left].filter((sequence) => sequence > reached) };
}
