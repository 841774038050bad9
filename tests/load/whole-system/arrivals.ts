/** When somebody comes, milliseconds from the start of a step. */
export interface Arrival {
  readonly kind: 'visit' | 'list';
  readonly atMs: number;
}

/** Lists are looked at half as often as people come. */
const listsPerVisit = 0.5;

/**
 * Who comes when, fixed before anything is answered: independent arrivals (Poisson), the same for the same seed.
 * @param visitsPerSecond people a second; lists come beside them
 */
export function planArrivals(visitsPerSecond: number, seconds: number, seed: number): Arrival[] {
  const random = generator(seed);
  const series = (kind: Arrival['kind'], perSecond: number): Arrival[] => {
    const arrivals: Arrival[] = [];
    for (let atMs = gap(); atMs < seconds * 1000; atMs += gap()) arrivals.push({ kind, atMs });
    return arrivals;
    function gap(): number {
      return (-Math.log(1 - random()) / perSecond) * 1000;
    }
  };
  return [...series('visit', visitsPerSecond), ...series('list', visitsPerSecond * listsPerVisit)].toSorted(
    (one, other) => one.atMs - other.atMs,
  );
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
