import { setTimeout as delay } from 'node:timers/promises';
import { saveTransition } from './announcements.ts';
import type { Context } from './context.ts';
import { transition } from './domain/session.ts';
import { lockDueSessions } from './outbound/session-store.ts';

/** Short transactions: a user who comes back at that very moment waits for one batch at most. */
const batchSize = 50;
/** A backlog beyond this goes on with the next period. */
const maxBatches = 100;

/**
 * Ends overdue sessions: Expired when never opened, else Abandoned. Any number of replicas may sweep at once, each takes
 * rows that no other holds.
 * @returns how many sessions were ended
 */
export async function sweepOverdueSessions(context: Context, signal?: AbortSignal): Promise<number> {
  let ended = 0;
  for (let batch = 0; batch < maxBatches && !signal?.aborted; batch += 1) {
    const taken = await context.database.transaction(async (tx) => {
      const now = new Date();
      const due = await lockDueSessions(tx, now, batchSize);
      for (const session of due) {
        const result = transition(session.state, { kind: 'time_out' }, now);
        if ('facts' in result) await saveTransition(context, tx, session, result, now);
      }
      return due.length;
    });
    ended += taken;
    if (taken < batchSize) break;
  }
  return ended;
}

/** Sweeps every `periodMs` until `signal` aborts; a failed sweep is logged and the next one tries again. */
export async function runSweeper(context: Context, periodMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const ended = await sweepOverdueSessions(context, signal);
      if (ended > 0) context.log.info({ ended }, 'overdue sessions ended');
    } catch (err) {
      context.log.error({ err }, 'sweep failed');
    }
    await delay(periodMs, undefined, { signal }).catch(() => undefined);
  }
}
