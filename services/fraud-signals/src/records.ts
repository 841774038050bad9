import { setTimeout as pause } from 'node:timers/promises';
import { errorCode, Failure } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import { createGauge } from '@selfsame/runtime/metrics';

/** What was answered and is still to be written down, in memory alone: a process that is killed loses it. */
export interface Records {
  /** False after a record could not be written, until one could: nothing may be relied on meanwhile. */
  isKeeping(): boolean;
  /**
   * Takes on to write, after what is under way for the same session, and lets the answer go first.
   *
   * @param waitMs for room, when there is none
   * @throws Failure `records_full`
   */
  add(sessionId: string, write: () => Promise<void>, waitMs: number): Promise<void>;
  /** When what was taken on so far, of one session or of all, is written or lost. */
  written(sessionId?: string): Promise<void>;
  /** The same, with an end: what takes longer is lost. */
  close(): Promise<void>;
}

const pendingRecords = createGauge(
  'selfsame_assessment_records_pending',
  'Assessments that were answered and are still to be written down.',
);
const keeping = createGauge(
  'selfsame_assessment_records_kept',
  '1 while what was answered can be written down; at 0 nothing is approved by the past.',
);

/** Facts of a visit are about 20 kB. */
const usualPendingMax = 1_000;
/** Leaves most connections to those who wait for an answer. */
const lanesAtOnce = 4;
/** Of the eight seconds that a stop may take. */
const closeMs = 4_000;

/** @param pendingMax records that are taken on at once */
export function openRecords(log: Log, pendingMax: number = usualPendingMax): Records {
  const pending = new Set<Promise<void>>();
  const lastOf = new Map<string, Promise<void>>();
  const lanes = new Array<Promise<void>>(lanesAtOnce).fill(Promise.resolve());
  let turn = 0;
  let isKeeping = true;
  const shown = [
    pendingRecords(() => [{ labels: {}, value: pending.size }]),
    keeping(() => [{ labels: {}, value: Number(isKeeping) }]),
  ];

  async function run(before: Promise<unknown>, write: () => Promise<void>): Promise<void> {
    await before;
    await new Promise(setImmediate);
    try {
      await write();
      isKeeping = true;
    } catch (error) {
      isKeeping = false;
      // Its code alone: a database may repeat what it was told.
      log.error({ code: errorCode(error) }, 'an assessment could not be written down');
    }
  }

  async function written(sessionId?: string): Promise<void> {
    await (sessionId === undefined ? Promise.all(pending) : lastOf.get(sessionId));
  }

  return {
    isKeeping: () => isKeeping,
    written,
    async add(sessionId, write, waitMs) {
      const until = performance.now() + waitMs;
      while (pending.size >= pendingMax) {
        if (performance.now() >= until)
          throw new Failure('exhausted', 'records_full', 'too much to write down');
        await Promise.race([...pending].slice(0, lanesAtOnce));
      }
      const lane = turn++ % lanesAtOnce;
      const done = run(Promise.all([lanes[lane], lastOf.get(sessionId)]), write).then(() => {
        pending.delete(done);
        if (lastOf.get(sessionId) === done) lastOf.delete(sessionId);
      });
      lanes[lane] = done;
      lastOf.set(sessionId, done);
      pending.add(done);
    },
    async close() {
      for (const hide of shown) hide();
      await Promise.race([written(), pause(closeMs, undefined, { ref: false })]);
      if (pending.size > 0) log.error({ lost: pending.size }, 'assessments were lost at the stop');
    },
  };
}
