/** A stored template that looks like the probe. */
export interface Likeness {
  /** Of its row. */
  readonly id: number;
  /** Dot product with the probe; times PROTECTED_SCALE it is a cosine. */
  readonly dot: number;
}

/** The best likenesses of a scan. */
export interface Best {
  /** The lowest dot product that still matters. */
  readonly floor: number;
  /** @returns the floor from now on */
  offer(id: number, dot: number): number;
  /** Best first. */
  list(): Likeness[];
}

/** Higher products first; of equal ones the older row. No two rows have one id, so there is one order. */
export function byLikeness(one: Likeness, other: Likeness): number {
  return other.dot - one.dot || one.id - other.id;
}

/**
 * Keeps the best of what is offered, exactly: whatever the order of the offers, the same ones stay.
 * @param keep how many, 1 to a few hundred: they are kept sorted by insertion
 * @param floor what is below it is never kept
 */
export function keepBest(keep: number, floor: number): Best {
  const kept: Likeness[] = [];
  let lowest = floor;
  return {
    get floor() {
      return lowest;
    },
    offer(id, dot) {
      if (dot < lowest) return lowest;
      const likeness = { id, dot };
      let place = kept.length;
      while (place > 0 && byLikeness(likeness, kept[place - 1] ?? likeness) < 0) place -= 1;
      if (place >= keep) return lowest;
      kept.splice(place, 0, likeness);
      if (kept.length > keep) kept.pop();
      // An equal product of an older row still matters.
      if (kept.length === keep) lowest = kept.at(-1)?.dot ?? floor;
      return lowest;
    },
    list: () => [...kept],
  };
}
