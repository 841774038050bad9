import type { Context } from './context.ts';
import { forgetEndedSecrets } from './outbound/destination-store.ts';
import { eraseOldBodies, pruneLog } from './outbound/erasure-store.ts';

const everyMs = 3_600_000;
/** Small, so that no row is locked for long. */
const batch = 1_000;

/**
 * Erases, now and every hour, the bodies and answers that are older than their application wants them kept, deliveries
 * that ended long ago, and secrets that sign no more. Any number of replicas may do so.
 *
 * @returns how to stop
 */
export function startRetention(context: Context): () => Promise<void> {
  const stopping = new AbortController();
  let running = eraseAll(context, stopping.signal);
  const timer = setInterval(() => {
    running = running.then(() => eraseAll(context, stopping.signal));
  }, everyMs);
  return async () => {
    clearInterval(timer);
    stopping.abort();
    await running;
  };
}

/** Never throws: the next hour tries again. */
async function eraseAll({ config, database, log }: Context, stopping: AbortSignal): Promise<void> {
  const oldLog = { olderThanDays: config.logRetentionDays, limit: batch };
  try {
    while (!stopping.aborted && (await eraseOldBodies(database.db, batch)) === batch);
    while (!stopping.aborted && (await pruneLog(database.db, oldLog)) === batch);
    await forgetEndedSecrets(database.db);
  } catch (err) {
    log.warn({ err }, 'could not erase old webhook bodies');
  }
}
