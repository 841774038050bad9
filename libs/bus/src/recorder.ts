import type { Database } from '@selfsame/database/database';
import type { Log } from '@selfsame/runtime/log';
import { type Acknowledgement, recordAcknowledged } from './outbox.ts';
import type { BusTables } from './tables.ts';

/** Long enough to batch, short enough that the sweep, which waits a second, never meets an event of the fast path. */
const recordWithinMs = 50;

/**
 * Writes acknowledgements of the fast path down in batches, off the way of requests. None is written for sure: one that
 * is not costs no more than a duplicate.
 */
export function createRecorder(
  database: Database<BusTables>,
  log: Log,
): { record(acknowledgement: Acknowledgement): void; flush(): Promise<void> } {
  let unrecorded: Acknowledgement[] = [];
  let recording = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  /** Resolves when all that came so far has been tried; never throws. */
  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const batch = unrecorded;
    unrecorded = [];
    recording = recording
      .then(() => recordAcknowledged(database.db, batch))
      .catch((err) => log.warn({ err, events: batch.length }, 'acknowledgements not recorded'));
    return recording;
  }

  return {
    record(acknowledgement) {
      unrecorded.push(acknowledgement);
      timer ??= setTimeout(() => void flush(), recordWithinMs);
    },
    flush,
  };
}
