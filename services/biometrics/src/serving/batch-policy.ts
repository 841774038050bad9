/** Milliseconds that a batch takes, by its size. */
export type BatchCosts = Readonly<Record<number, number>>;

/**
 * Decides how many of the waiting jobs a thread takes that has become idle. It never makes anyone wait for a batch to
 * fill: work that is there is begun. What a size costs is learned while serving, so one rule suits every device: where
 * a batch of eight takes eight times as long as one picture it hands out single pictures, where it takes twice as long
 * batches grow with the queue.
 */
export interface BatchPolicy {
  /**
   * @param waiting jobs, at least 1
   * @param arrivalsPerMs jobs that come to this thread in a millisecond
   * @returns how many of them to take
   */
  choose(waiting: number, arrivalsPerMs: number): number;
  /** What a batch of `size` jobs took. */
  learn(size: number, ms: number): void;
  /** Milliseconds until the last of `jobs` is done, when one thread does them all at its best. */
  expectedMs(jobs: number): number;
  /** The size of the batch that so many jobs are padded to. */
  padded(jobs: number): number;
  /** Sizes that were measured, and what a batch of each takes by now. */
  learned(): Iterable<readonly [size: number, ms: number]>;
}

export interface BatchPolicyOptions {
  /** Sizes that the device knows, rising, the first of them 1. A batch in between is padded to the next. */
  readonly sizes: readonly number[];
  /** Measured while warming up, at least for size 1. */
  readonly costs: BatchCosts;
  /** Always take this many, or what is there: for comparisons. */
  readonly fixedSize?: number | undefined;
}

/** Weight of the newest measurement: a cost that changes is known after some tens of batches. */
const LEARNING_RATE = 0.1;
/** The same for a size that was long not measured: what was known of it is old. */
const RELEARNING_RATE = 0.5;
/** A pause of the whole process is no property of a size. */
const SURPRISE_MAX = 4;
/** A size that has not been measured for so many batches is tried again when the queue allows. */
const EXPLORED_EVERY = 500;
/** Larger batches have to be better by more than measurements err. */
const MARGIN = 1.03;
/** A policy that begins with what was measured while warming up. Sizes without a measurement are taken as no gain. */
export function createBatchPolicy({ sizes, costs, fixedSize }: BatchPolicyOptions): BatchPolicy {
  const known = new Map(Object.entries(costs).map(([size, ms]) => [Number(size), ms]));
  const measuredAt = new Map(sizes.map((size) => [size, 0]));
  let batches = 0;

  const padded = (count: number) => sizes.find((size) => size >= count) ?? Math.max(...sizes);

  /** The cost of a size that was never tried is that of its parts. */
  function cost(size: number): number {
    const measured = known.get(size);
    if (measured !== undefined) return measured;
    const smaller = sizes.filter((other) => other < size && known.has(other)).at(-1) ?? 1;
    return ((known.get(smaller) ?? 1) * size) / smaller;
  }

  /** What may be taken: whole sizes, or everything padded to the next. */
  function candidates(waiting: number): number[] {
    const most = Math.min(waiting, Math.max(...sizes));
    return [...sizes.filter((size) => size < most), most];
  }

  /**
   * What a batch of `taken` costs each of its jobs. Under full load that is its share of the time, since whoever comes
   * later waits for all of it. Without any load it is the time to its end, against half of that when jobs are done one
   * by one; in between, the load decides how much of either.
   */
  function costOfEach(taken: number, load: number): number {
    const share = cost(padded(taken)) / taken;
    return share * (load + ((1 - load) * 2 * taken) / (taken + 1));
  }

  function bestRate(): number {
    return Math.max(...sizes.map((size) => size / cost(size)));
  }

  /** A size beside the best one that has not been measured for long: if it has become better, so has the way to it. */
  function overdue(options: readonly number[]): number | undefined {
    const best = sizes.findIndex((size) => size / cost(size) === bestRate());
    const beside = [sizes[best - 1], sizes[best + 1]];
    return options.find((taken) => {
      const size = padded(taken);
      return beside.includes(size) && batches - (measuredAt.get(size) ?? 0) > EXPLORED_EVERY;
    });
  }

  return {
    choose(waiting, arrivalsPerMs) {
      if (fixedSize !== undefined) return Math.min(waiting, fixedSize);
      batches += 1;
      const options = candidates(waiting);
      const untried = overdue(options);
      if (untried !== undefined) {
        // Once only, should it never be learned.
        measuredAt.set(padded(untried), batches - EXPLORED_EVERY / 2);
        return untried;
      }
      const load = Math.min(1, arrivalsPerMs / bestRate());
      const costs = options.map((taken) => costOfEach(taken, load));
      const least = Math.min(...costs);
      return options.find((_, index) => (costs[index] ?? 0) <= MARGIN * least) ?? 1;
    },

    learn(size, ms) {
      const bucket = padded(size);
      const before = known.get(bucket);
      const bounded = Math.min(ms, SURPRISE_MAX * cost(bucket));
      const age = batches - (measuredAt.get(bucket) ?? 0);
      const rate = age > EXPLORED_EVERY / 10 ? RELEARNING_RATE : LEARNING_RATE;
      known.set(bucket, before === undefined ? bounded : before + rate * (bounded - before));
      measuredAt.set(bucket, batches);
    },

    padded,
    learned: () => known.entries(),

    expectedMs(jobs) {
      if (jobs <= 0) return 0;
      return (jobs - 1) / bestRate() + cost(1);
    },
  };
}
