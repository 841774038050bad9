import { errorCode } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import { resealEntries } from './lists/reseal.ts';
import {
  eraseRawValues,
  pruneAssessments,
  pruneErased,
  pruneStragglers,
} from './outbound/assessment-store.ts';
import { historyErasures } from './outbound/history-erasure-store.ts';

const everyMs = 3_600_000;
const dayMs = 86_400_000;
/** Small, so that no row is locked for long. */
const batch = 500;
/** A backlog beyond this goes on with the next hour. */
const maxBatches = 2_000;

/**
 * Erases, now and every hour, facts whose time has passed, and assessments that are older than anything is kept; texts of list
 * entries that are not under the newest data key are resealed. Any number of replicas may do so.
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

/**
 * One round of it. Never throws: the next hour tries again what went wrong, and one thing keeps no other from being done.
 *
 * @param now by which visits and what is known are due
 */
export async function eraseAll(context: Context, stopping?: AbortSignal, now = new Date()): Promise<void> {
  const { config, database, log } = context;
  const { db } = database;
  const ago = (days: number) => new Date(now.getTime() - days * dayMs);
  const due = { now, historySince: ago(config.historyDays), knownSince: ago(config.knownDays), limit: batch };
  const old = { olderThanDays: config.historyDays, limit: batch };
  const chores: Record<string, () => Promise<boolean>> = {
    'raw values': async () => (await eraseRawValues(db, batch)) === batch,
    'old assessments': async () => (await pruneAssessments(db, old)) === batch,
    stragglers: async () => {
      await pruneStragglers(db);
      return false;
    },
    'erased sessions': async () => (await pruneErased(db, batch)) === batch,
  };
  chores['older texts of list entries'] = async () => {
    await resealEntries(context, stopping);
    return false;
  };
  for (const [what, erase] of Object.entries(historyErasures)) {
    chores[what] = async () => (await erase(db, due)) === batch;
  }
  for (const [what, doSome] of Object.entries(chores)) {
    try {
      for (let round = 0; round < maxBatches && !stopping?.aborted && (await doSome()); round += 1);
    } catch (error) {
      // Its code alone: a database may repeat what it was asked.
      log.warn({ code: errorCode(error), what }, 'could not tidy up what is old');
    }
  }
}
