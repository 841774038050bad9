import { setTimeout as sleep } from 'node:timers/promises';
import { attemptByHand } from './attempts.ts';
import type { ByHand } from './by-hand.ts';
import type { Context } from './context.ts';
import { findDestination, findDestinationById } from './outbound/destination-store.ts';
import {
  type AttemptFilter,
  countAttempts,
  hasSession,
  type LogEntry,
  listAttempts,
} from './outbound/log-store.ts';

/** One page of the log. */
export interface LogPage {
  /** Exact up to 100, then 100. */
  readonly count: number;
  readonly attempts: readonly LogEntry[];
  readonly hasMore: boolean;
}

/**
 * An application may ask about a session that it created a moment ago, before the event has reached us: this long the
 * answer waits for it.
 */
const arrivalMs = 300;
const arrivalStepMs = 30;

const countLimit = 100;
/** The log of a session is not paginated; a session with more attempts than this has its newest shown. */
const sessionLogLimit = 1_000;

/** All attempts of a session, newest first; undefined when this application has no such session. */
export async function readSessionLog(
  { database }: Context,
  applicationId: string,
  sessionId: string,
): Promise<LogEntry[] | undefined> {
  for (
    let waitedMs = 0;
    !(await hasSession(database.db, applicationId, sessionId));
    waitedMs += arrivalStepMs
  ) {
    if (waitedMs >= arrivalMs) return undefined;
    await sleep(arrivalStepMs);
  }
  const page = { limit: sessionLogLimit, offset: 0 };
  return await listAttempts(database.db, { applicationId, sessionId }, page);
}

/** One page of the attempts to a destination, newest first; undefined when this application has no such destination. */
export async function readLogPage(
  { database }: Context,
  filter: AttemptFilter & { destinationId: string },
  page: { limit: number; offset: number },
): Promise<LogPage | undefined> {
  if (!(await findDestination(database.db, filter.applicationId, filter.destinationId))) return undefined;
  const count = await countAttempts(database.db, filter, countLimit);
  const attempts = await listAttempts(database.db, filter, { ...page, limit: page.limit + 1 });
  return { count, attempts: attempts.slice(0, page.limit), hasMore: attempts.length > page.limit };
}

/** One attempt, or undefined when the filter finds none. */
export async function readLogEntry(
  { database }: Context,
  filter: AttemptFilter & { id: string },
): Promise<LogEntry | undefined> {
  const [entry] = await listAttempts(database.db, filter, { limit: 1, offset: 0 });
  return entry;
}

/** How a resend went: made (whatever the receiver said), or why it could not be made. */
export type ResendResult =
  | { readonly kind: 'made'; readonly entry: LogEntry }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'impossible'; readonly reason: string };

/**
 * Posts what an earlier attempt posted to the same URL once more: same event id, signed now, with the destination's
 * present secret. Waits for the receiver, a few seconds at most. A test stays marked as one.
 *
 * @throws Failure `too_many_by_hand`
 */
export async function resend(
  context: Context,
  byHand: ByHand,
  filter: AttemptFilter & { id: string },
): Promise<ResendResult> {
  const earlier = await readLogEntry(context, filter);
  if (earlier === undefined) return { kind: 'unknown' };
  const { body, destinationId } = earlier;
  if (body === null) return { kind: 'impossible', reason: 'The payload of this delivery has been erased.' };
  const destination = await findDestinationById(context.database.db, destinationId);
  if (destination === undefined) {
    return { kind: 'impossible', reason: 'The destination of this delivery has been deleted.' };
  }
  const message = {
    id: earlier.deliveryId,
    eventId: earlier.eventId,
    destinationId,
    applicationId: filter.applicationId,
    sessionId: earlier.sessionId,
    webhookType: earlier.webhookType,
    status: earlier.status,
    body,
    createdAt: earlier.eventAt,
    url: earlier.requestUrl,
    destination,
  };
  const cause = earlier.cause === 'test' ? 'test' : 'resend';
  const { id } = await byHand(filter.applicationId, () => attemptByHand(context, message, cause));
  const entry = await readLogEntry(context, { applicationId: filter.applicationId, id });
  if (entry === undefined) throw new Error('an attempt is not in the log right after it was made');
  return { kind: 'made', entry };
}
