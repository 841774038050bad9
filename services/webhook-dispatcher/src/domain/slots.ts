/** A bound on how much runs at once, in all and for each destination. */
export interface Slots {
  /** Takes a slot if there is one; every taken slot is given back once. */
  take(destinationId: string, ofDestination?: number | null): boolean;
  giveBack(destinationId: string): void;
  /** Free slots for one destination. */
  roomFor(destinationId: string, ofDestination?: number | null): number;
  /** Free slots in all. */
  room(): number;
  /** Taken slots of each destination that has some. */
  taken(): ReadonlyMap<string, number>;
}

/** @param perDestination unless a destination has a number of its own */
export function createSlots(total: number, perDestination: number): Slots {
  const taken = new Map<string, number>();
  let sum = 0;
  const roomFor: Slots['roomFor'] = (id, ofDestination) =>
    Math.min(total - sum, (ofDestination ?? perDestination) - (taken.get(id) ?? 0));
  return {
    take(id, ofDestination) {
      if (roomFor(id, ofDestination) < 1) return false;
      taken.set(id, (taken.get(id) ?? 0) + 1);
      sum += 1;
      return true;
    },
    giveBack(id) {
      const left = (taken.get(id) ?? 0) - 1;
      if (left < 0) throw new Error('a slot was given back twice');
      if (left === 0) taken.delete(id);
      else taken.set(id, left);
      sum -= 1;
    },
    roomFor,
    room: () => total - sum,
    taken: () => taken,
  };
}
