/** A bound on how much runs at once, in all and for each destination. */
export interface Slots {
  /** Takes a slot if there is one; every taken slot is given back once. */
  take(destinationId: string): boolean;
  giveBack(destinationId: string): void;
  hasRoom(destinationId: string): boolean;
  /** Free slots in all. */
  room(): number;
  /** Free slots of the destinations that have some taken. */
  roomOfBusy(): Map<string, number>;
  taken(): number;
}

/** @param perDestination never more than `total` */
export function createSlots(total: number, perDestination: number): Slots {
  const taken = new Map<string, number>();
  let sum = 0;
  const hasRoom = (id: string) => sum < total && (taken.get(id) ?? 0) < perDestination;
  return {
    take(id) {
      if (!hasRoom(id)) return false;
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
    hasRoom,
    room: () => total - sum,
    roomOfBusy: () => new Map([...taken].map(([id, count]) => [id, perDestination - count])),
    taken: () => sum,
  };
}
