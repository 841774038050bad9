import { setTimeout as delay } from 'node:timers/promises';
import { saveTransition } from './announcements.ts';
import { sweepCalls } from './audit-log.ts';
import type { Context } from './context.ts';
import { transition } from './domain/session-life.ts';
import { sweepChallenges } from './outbound/challenge-store.ts';
import { sweepRecords } from './outbound/lockout-store.ts';
import { lockDueSessionId, lockSession } from './outbound/session-store.ts';

/** A backlog beyond this goes on with the next period. */
const maxEndedPerSweep = 5_000;
/** Records of failed looks, and challenges, that are of no use any more; the next period takes more. */
const maxSweptRecords = 5_000;
/** So many failures in one sweep have a cause that is not the sessions'. */
const maxFailuresPerSweep = 100;
/** A session that could not be ended is left alone this long, twice as long after every further failure. */
const firstPauseMs = 60_000;
const longestPauseMs = 3_600_000;
/** Beyond this many, the one that failed longest ago is tried again. */
const maxPostponed = 1_000;

/** Sessions that could not be ended, by id: how often, and until when (epoch milliseconds) they are left alone. */
export type Postponed = Map<string, { readonly failures: number; readonly untilMs: number }>;

/**
 * Ends overdue sessions: Expired when never opened, else Abandoned. Each has a transaction of its own, so one that cannot
 * be ended is logged, postponed and no hindrance to the others. Any number of replicas may sweep at once, each takes rows
 * that no other holds.
 * @param postponed what earlier sweeps of this replica could not end; this one's failures are added
 * @returns how many sessions were ended
 */
export async function sweepOverdueSessions(
  context: Context,
  postponed: Postponed = new Map(),
  signal?: AbortSignal,
): Promise<number> {
  const skipped = [...postponed].filter(([, { untilMs }]) => untilMs > Date.now()).map(([id]) => id);
  let ended = 0;
  let failures = 0;
  while (ended < maxEndedPerSweep && failures < maxFailuresPerSweep && !signal?.aborted) {
    const taken = await endOne(context, skipped);
    if (taken === null) break;
    if (taken.ended) {
      postponed.delete(taken.id);
      ended += 1;
    } else {
      postpone(postponed, taken.id);
      skipped.push(taken.id);
      failures += 1;
    }
  }
  return ended;
}

/** @returns null when nothing is left to end @throws when the database cannot even say what is due */
async function endOne(
  context: Context,
  skipped: readonly string[],
): Promise<{ id: string; ended: boolean } | null> {
  let id: string | null = null;
  try {
    await context.database.transaction(async (tx) => {
      const now = new Date();
      const due = await lockDueSessionId(tx, now, skipped);
      if (due === null) return;
      id = due.id;
      const session = await lockSession(tx, due.applicationId, due.id);
      if (session === null) throw new Error('a session that was just locked is gone');
      const result = transition(session.state, { kind: 'time_out' }, now);
      if ('refusal' in result) throw new Error(`an overdue session refuses its end: ${result.refusal}`);
      await saveTransition(context, tx, session, result, now);
    });
    return id === null ? null : { id, ended: true };
  } catch (err) {
    if (id === null) throw err;
    context.log.error({ err, session_id: id }, 'an overdue session could not be ended');
    return { id, ended: false };
  }
}

function postpone(postponed: Postponed, id: string): void {
  const failures = (postponed.get(id)?.failures ?? 0) + 1;
  const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1));
  // Deleted first, so that the map's order is the one of the latest failures.
  postponed.delete(id);
  postponed.set(id, { failures, untilMs: Date.now() + pauseMs });
  const [oldest] = postponed.keys();
  if (postponed.size > maxPostponed && oldest !== undefined) postponed.delete(oldest);
}

/** Sweeps overdue sessions, old records of failures and old challenges every `periodMs` until `signal` aborts; a failed sweep is logged and the next one tries again. */
export async function runSweeper(context: Context, periodMs: number, signal: AbortSignal): Promise<void> {
  const postponed: Postponed = new Map();
  while (!signal.aborted) {
    try {
      const ended = await sweepOverdueSessions(context, postponed, signal);
      if (ended > 0) context.log.info({ ended }, 'overdue sessions ended');
      await sweepRecords(context.database.db, new Date(), maxSweptRecords);
      await sweepChallenges(context.database.db, new Date(), maxSweptRecords);
      await sweepCalls(context.database.db, new Date());
    } catch (err) {
      context.log.error({ err }, 'sweep failed');
    }
    await delay(periodMs, undefined, { signal }).catch(() => undefined);
  }
}
