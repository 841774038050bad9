import type { Context } from './context.ts';
import { forgetEndedSecrets } from './outbound/destination-store.ts';
import { eraseOldBodies, pruneLog } from './outbound/erasure-store.ts';
import { resealSecrets } from './reseal.ts';

const everyMs = 3_600_000;
/** Small, so that no row is locked for long. */
const batch = 1_000;

/**
 * Erases, now and every hour, the bodies and answers that are older than their application wants them kept, deliveries
 * that ended long ago, and secrets that sign no more; secrets that are under an older data key are resealed. Any number of
 * replicas may do so.
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

/** Never throws: the next hour tries again what went wrong, and one thing keeps no other from being done. */
async function eraseAll(context: Context, stopping: AbortSignal): Promise<void> {
  const { config, database, log } = context;
  const { db } = database;
  const oldLog = { olderThanDays: config.logRetentionDays, limit: batch };
  const chores: Record<string, () => Promise<boolean>> = {
    'old bodies': async () => (await eraseOldBodies(db, batch)) === batch,
    'the old log': async () => (await pruneLog(db, oldLog)) === batch,
    'ended secrets': async () => {
      await forgetEndedSecrets(db);
      return false;
    },
    'older secrets': async () => {
      await resealSecrets(context, stopping);
      return false;
    },
  };
  for (const [what, doSome] of Object.entries(chores)) {
    try {
      while (!stopping.aborted && (await doSome()));
    } catch (err) {
      log.warn({ err, what }, 'could not tidy up what is old');
    }
  }
}
