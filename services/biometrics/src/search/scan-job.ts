import { keepBest, type Likeness } from './best.ts';
import { BLOCK_RECORDS } from './records.ts';
import type { Scanner } from './scan.ts';
import { eachRun, type Shelf } from './shelves.ts';

/** One shelf to be searched for what looks like the probe, which is of the shelf's key version. */
export interface ScanPart {
  readonly shelf: Shelf;
  readonly probe: Int8Array;
  /** How many of the best, and how good they have to be at least. */
  readonly keep: number;
  readonly floor: number;
}

/** What a search thread is told. Threads that work on one job share its cursor. */
export interface ScanJob {
  readonly id: number;
  readonly parts: readonly ScanPart[];
  /** One number in shared memory: the next chunk that nobody has taken. */
  readonly cursor: Int32Array<SharedArrayBuffer>;
}

/** What a thread found, for each part. */
export interface ScanReport {
  readonly id: number;
  readonly best: readonly Likeness[][];
}

/** About 8,000 records, a seventh of a millisecond: a thread whose core is busy elsewhere takes fewer of them. */
const CHUNK_BLOCKS = 32;
/** A cursor beyond every chunk. */
const CANCELLED = 2 ** 30;

/** A cursor at the beginning. */
export function newCursor(): ScanJob['cursor'] {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** Lets the threads of a job find nothing more to do. */
export function cancel(cursor: ScanJob['cursor']): void {
  Atomics.store(cursor, 0, CANCELLED);
}

/** Takes chunks until none is left. @returns what this thread found, for each part */
export function runJob(scanner: Scanner, { parts, cursor }: ScanJob): Likeness[][] {
  const best = parts.map(({ keep, floor }) => keepBest(keep, floor));
  let chunk = Atomics.add(cursor, 0, 1);
  let first = 0;
  for (const [index, { shelf, probe }] of parts.entries()) {
    const into = best[index];
    const chunks = Math.ceil(shelf.records / (CHUNK_BLOCKS * BLOCK_RECORDS));
    if (into === undefined || chunk >= first + chunks) {
      first += chunks;
      continue;
    }
    scanner.aim(probe);
    for (; chunk < first + chunks; chunk = Atomics.add(cursor, 0, 1)) {
      const block = (chunk - first) * CHUNK_BLOCKS;
      eachRun(shelf, block, block + CHUNK_BLOCKS, (from, to) => scanner.scan(from, to, into));
    }
    first += chunks;
  }
  return best.map((each) => each.list());
}
