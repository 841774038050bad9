import { type Kysely, sql } from 'kysely';
import type { DeliveryState, LoggedAttempt } from '../domain/delivery.ts';
import { isFailure } from './attempt-kinds.ts';
import type { Tables } from './tables.ts';

type Queries = Kysely<Tables>;

/** An attempt, and what has become of its delivery since. */
export interface LogEntry extends LoggedAttempt {
  readonly deliveryState: DeliveryState;
  /** When the schedule tries again; null when it does not, or does not know yet. */
  readonly nextAttemptAt: Date | null;
}

/** Which attempts of the log. */
export interface AttemptFilter {
  readonly applicationId: string;
  readonly id?: string;
  readonly sessionId?: string | undefined;
  readonly destinationId?: string;
  readonly from?: Date | undefined;
  /** Not included. */
  readonly before?: Date | undefined;
  /** Whether the receiver took it (2xx). */
  readonly isTaken?: boolean | undefined;
  readonly webhookType?: string | undefined;
}

/** Whether this application has had a session of that id, and has not deleted it. */
export async function hasSession(db: Queries, applicationId: string, sessionId: string): Promise<boolean> {
  const row = await db
    .selectFrom('sessions')
    .select('session_id')
    .where('session_id', '=', sessionId)
    .where('application_id', '=', applicationId)
    .where('erased_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Attempts, the newest first. */
export async function listAttempts(
  db: Queries,
  filter: AttemptFilter,
  page: { limit: number; offset: number },
): Promise<LogEntry[]> {
  const rows = await filtered(db, filter)
    .selectAll('attempts')
    .select([
      'deliveries.event_id',
      'deliveries.session_id',
      'deliveries.session_status',
      'deliveries.webhook_type',
      'deliveries.body',
      'deliveries.created_at as event_at',
      'deliveries.state',
      'deliveries.due_at',
    ])
    .orderBy('attempts.position', 'desc')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    deliveryId: row.delivery_id,
    destinationId: row.destination_id,
    cause: row.cause,
    number: row.number,
    requestUrl: row.request_url,
    requestHeader: row.request_header,
    signedAt: row.signed_at,
    responseStatus: row.response_status,
    responseTimeMs: row.response_time_ms,
    error: row.error,
    responseBody: row.response_body,
    createdAt: row.created_at,
    eventId: row.event_id,
    sessionId: row.session_id,
    status: row.session_status,
    webhookType: row.webhook_type,
    body: row.body,
    eventAt: row.event_at,
    deliveryState: row.state,
    nextAttemptAt: row.state === 'pending' ? row.due_at : null,
  }));
}

/** How many attempts there are, counting no further than `limit`. */
export async function countAttempts(db: Queries, filter: AttemptFilter, limit: number): Promise<number> {
  const { count } = await db
    .selectFrom(filtered(db, filter).select(sql`1`.as('one')).limit(limit).as('counted'))
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

function filtered(db: Queries, filter: AttemptFilter) {
  const { applicationId, id, sessionId, destinationId, from, before, isTaken, webhookType } = filter;
  let query = db
    .selectFrom('attempts')
    .innerJoin('deliveries', 'deliveries.id', 'attempts.delivery_id')
    .where('deliveries.application_id', '=', applicationId);
  if (id !== undefined) query = query.where('attempts.id', '=', id);
  if (sessionId !== undefined) query = query.where('deliveries.session_id', '=', sessionId);
  if (destinationId !== undefined) query = query.where('attempts.destination_id', '=', destinationId);
  if (from !== undefined) query = query.where('attempts.created_at', '>=', from);
  if (before !== undefined) query = query.where('attempts.created_at', '<', before);
  if (isTaken !== undefined) query = query.where(isTaken ? sql<boolean>`NOT ${isFailure}` : isFailure);
  if (webhookType !== undefined) query = query.where('deliveries.webhook_type', '=', webhookType);
  return query;
}

/** A test event as a delivery of its own: nothing retries it, so it counts as failed until the receiver has taken it. */
export async function insertTestDelivery(
  db: Queries,
  delivery: {
    id: string;
    eventId: string;
    destinationId: string;
    applicationId: string;
    sessionId: string;
    webhookType: string;
    status: string;
    body: string;
    createdAt: Date;
  },
): Promise<void> {
  await db
    .insertInto('deliveries')
    .values({
      id: delivery.id,
      event_id: delivery.eventId,
      destination_id: delivery.destinationId,
      application_id: delivery.applicationId,
      session_id: delivery.sessionId,
      webhook_type: delivery.webhookType,
      session_status: delivery.status,
      sequence: 1,
      callback_url: null,
      body: delivery.body,
      traceparent: null,
      state: 'failed',
      claims: 0,
      due_at: delivery.createdAt,
      created_at: delivery.createdAt,
    })
    .execute();
}
