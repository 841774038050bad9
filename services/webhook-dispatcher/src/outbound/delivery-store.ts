import { type Kysely, sql } from 'kysely';
import type { Attempt, Delivery } from '../domain/delivery.ts';
import type { Decision } from '../domain/schedule.ts';
import type { Tables } from './tables.ts';

type Queries = Kysely<Tables>;

/** A delivery about to be written. */
export interface NewDelivery extends Delivery {
  readonly eventId: string;
  readonly applicationId: string;
  readonly sequence: number;
  readonly callbackUrl: string | null;
}

/**
 * Notes that a session exists and keeps its row locked until the end of the transaction, so that deletion comes before
 * or after, never in between.
 *
 * @returns false when the session was deleted: nothing about it may be stored any more
 */
export async function touchSession(db: Queries, sessionId: string, applicationId: string): Promise<boolean> {
  const { erased_at } = await db
    .insertInto('sessions')
    .values({ session_id: sessionId, application_id: applicationId, erased_at: null })
    .onConflict((conflict) => conflict.column('session_id').doUpdateSet({ application_id: applicationId }))
    .returning('erased_at')
    .executeTakeFirstOrThrow();
  return erased_at === null;
}

/**
 * Writes deliveries. Those with a claim belong to this process until the lease ends; the others are due at once, for
 * whoever comes first.
 *
 * @returns ids of the deliveries that were new
 */
export async function insertDeliveries(
  db: Queries,
  deliveries: readonly NewDelivery[],
  leaseMs: number,
): Promise<Set<string>> {
  const rows = await db
    .insertInto('deliveries')
    .values(
      deliveries.map((delivery) => ({
        id: delivery.id,
        event_id: delivery.eventId,
        destination_id: delivery.destinationId,
        application_id: delivery.applicationId,
        session_id: delivery.sessionId,
        webhook_type: delivery.webhookType,
        session_status: delivery.status,
        sequence: delivery.sequence,
        callback_url: delivery.callbackUrl,
        body: delivery.body,
        traceparent: delivery.traceparent,
        state: 'pending' as const,
        claims: delivery.claims,
        due_at: fromNow(delivery.claims > 0 ? leaseMs : 0),
        created_at: delivery.createdAt,
      })),
    )
    .onConflict((conflict) => conflict.columns(['event_id', 'destination_id']).doNothing())
    .returning('id')
    .execute();
  return new Set(rows.map((row) => row.id));
}

/**
 * Claims deliveries that are due, the oldest first, for the length of a lease. Replicas pass over each other's rows.
 * Destinations are visited one by one along the index, so a long queue of one does not hide the others.
 *
 * @param options.room most deliveries to claim
 * @param options.roomPerDestination most for one destination, unless `busy` says otherwise
 */
export async function claimDue(
  db: Queries,
  options: {
    room: number;
    roomPerDestination: number;
    busy: ReadonlyMap<string, number>;
    leaseMs: number;
  },
): Promise<Delivery[]> {
  const { room, roomPerDestination, busy, leaseMs } = options;
  const { rows } = await sql<ClaimedRow>`
    WITH RECURSIVE waiting AS (
      (SELECT destination_id FROM deliveries WHERE state = 'pending' ORDER BY destination_id LIMIT 1)
      UNION ALL
      SELECT (
        SELECT destination_id FROM deliveries
        WHERE state = 'pending' AND destination_id > waiting.destination_id
        ORDER BY destination_id LIMIT 1
      )
      FROM waiting WHERE destination_id IS NOT NULL
    ), due AS (
      SELECT claimable.id
      FROM waiting
      LEFT JOIN unnest(${[...busy.keys()]}::uuid[], ${[...busy.values()]}::int[]) AS busy (id, room)
        ON busy.id = waiting.destination_id
      CROSS JOIN LATERAL (
        SELECT id, due_at FROM deliveries
        WHERE state = 'pending' AND destination_id = waiting.destination_id AND due_at <= now()
        ORDER BY due_at
        LIMIT coalesce(busy.room, ${roomPerDestination}::int)
        FOR UPDATE SKIP LOCKED
      ) AS claimable
      ORDER BY claimable.due_at
      LIMIT ${room}
    )
    UPDATE deliveries AS d
    SET claims = d.claims + 1, due_at = ${fromNow(leaseMs)}
    FROM due, destinations AS t
    WHERE d.id = due.id AND t.id = d.destination_id
    RETURNING d.id, d.destination_id, d.session_id, d.webhook_type, d.session_status, d.body, d.traceparent,
      d.created_at, d.attempts, d.claims, t.sealed_secret,
      CASE WHEN t.enabled AND t.deleted_at IS NULL THEN coalesce(d.callback_url, t.url) END AS url
  `.execute(db);
  return rows.map((row) => ({
    id: row.id,
    destinationId: row.destination_id,
    sessionId: row.session_id,
    webhookType: row.webhook_type,
    status: row.session_status,
    body: row.body,
    traceparent: row.traceparent,
    createdAt: row.created_at,
    attempts: row.attempts,
    claims: row.claims,
    url: row.url,
    sealedSecret: row.sealed_secret,
  }));
}

interface ClaimedRow {
  id: string;
  destination_id: string;
  session_id: string;
  webhook_type: string;
  session_status: string;
  /** Erasing a body cancels its delivery, so a claimed one has its body. */
  body: string;
  traceparent: string | null;
  created_at: Date;
  attempts: number;
  claims: number;
  url: string | null;
  sealed_secret: Buffer;
}

/** Gives back deliveries that were claimed and not attempted; they are due at once. */
export async function release(db: Queries, delivery: Delivery): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ due_at: fromNow(0) })
    .where('id', '=', delivery.id)
    .where('claims', '=', delivery.claims)
    .where('state', '=', 'pending')
    .execute();
}

/** Ends a delivery whose destination was deleted or switched off. */
export async function cancel(db: Queries, delivery: Delivery): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ state: 'cancelled' })
    .where('id', '=', delivery.id)
    .where('state', '=', 'pending')
    .execute();
}

/**
 * Writes down a scheduled attempt and what follows from it, in one statement. A claim that was lost meanwhile leaves
 * the delivery to its new owner, unless the receiver has taken it.
 */
export async function recordScheduled(
  db: Queries,
  attempt: Attempt,
  claims: number,
  decision: Decision,
): Promise<void> {
  const isDelivered = decision.kind === 'delivered';
  await db
    .with('recorded', (inner) => inner.insertInto('attempts').values(attemptRow(attempt)))
    .updateTable('deliveries')
    .set((update) => ({
      attempts: update('attempts', '+', 1),
      ...(decision.kind === 'retry' ? { due_at: fromNow(decision.afterMs) } : { state: decision.kind }),
    }))
    .where('id', '=', attempt.deliveryId)
    .where('state', '=', 'pending')
    .$if(!isDelivered, (query) => query.where('claims', '=', claims))
    .execute();
}

/** Writes down a resend. One that the receiver took also ends retries that were still to come. */
export async function recordResend(db: Queries, attempt: Attempt, isDelivered: boolean): Promise<void> {
  await db
    .with('recorded', (inner) => inner.insertInto('attempts').values(attemptRow(attempt)))
    .updateTable('deliveries')
    .set({ state: 'delivered' })
    .where('id', '=', attempt.deliveryId)
    .where('state', '=', 'pending')
    .where(sql.lit(isDelivered), '=', true)
    .execute();
}

/** Erases what deliveries say about a deleted session, and remembers its deletion for events that come late. */
export async function eraseSession(db: Queries, sessionId: string, applicationId: string): Promise<void> {
  await db
    .insertInto('sessions')
    .values({ session_id: sessionId, application_id: applicationId, erased_at: fromNow(0) })
    .onConflict((conflict) => conflict.column('session_id').doUpdateSet({ erased_at: fromNow(0) }))
    .execute();
  await db
    .updateTable('deliveries')
    .set({
      body: null,
      state: sql<'cancelled'>`CASE WHEN state = 'pending' THEN 'cancelled' ELSE state END`,
    })
    .where('session_id', '=', sessionId)
    .execute();
}

/**
 * Erases bodies that are older than their application wants them kept.
 *
 * @returns how many, at most `limit`
 */
export async function eraseOldBodies(db: Queries, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    UPDATE deliveries
    SET body = NULL, state = CASE WHEN state = 'pending' THEN 'cancelled' ELSE state END
    WHERE id IN (
      SELECT d.id FROM applications AS a
      JOIN deliveries AS d ON d.application_id = a.application_id
      WHERE d.body IS NOT NULL AND d.created_at < now() - a.data_retention_months * interval '1 month'
      LIMIT ${limit}
    )`.execute(db);
  return Number(numAffectedRows);
}

function attemptRow(attempt: Attempt) {
  return {
    id: attempt.id,
    delivery_id: attempt.deliveryId,
    destination_id: attempt.destinationId,
    cause: attempt.cause,
    request_url: attempt.requestUrl,
    request_header: attempt.requestHeader,
    signed_at: attempt.signedAt,
    response_status: attempt.responseStatus,
    response_time_ms: attempt.responseTimeMs,
    error: attempt.error,
    created_at: attempt.createdAt,
  };
}

/** The database's clock is the one that all replicas share. */
function fromNow(delayMs: number) {
  return sql<Date>`now() + ${delayMs} * interval '1 millisecond'`;
}
