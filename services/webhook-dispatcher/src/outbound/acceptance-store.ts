import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Delivery, DeliveryState, Destination } from '../domain/delivery.ts';
import { isSound, soundHealth } from '../domain/health.ts';
import { type Arrivals, settleArrivals } from '../domain/order.ts';
import { toDestination } from './destination-row.ts';
import { type HealthRow, healthColumns, toHealth } from './health-store.ts';
import type { Tables } from './tables.ts';
import { fromNow } from './time.ts';

type Queries = Kysely<Tables>;

/** A delivery about to be written. */
export interface NewDelivery extends Delivery {
  readonly sequence: number;
  readonly callbackUrl: string | null;
  readonly state: Extract<DeliveryState, 'pending' | 'waiting' | 'held'>;
}

/** A destination that an event may go to, and whether its health lets attempts start without asking. */
export interface Target {
  readonly destination: Destination;
  readonly isSound: boolean;
}

/** What is known of a session, its row locked until the end of the transaction. */
export interface KnownSession {
  /** Deleted, or its subject erased: nothing about it may be stored any more. */
  readonly isErased: boolean;
  /** Every event up to this sequence has been heard of. */
  readonly contiguous: number;
  /** This event has closed a gap that others may be waiting behind. */
  readonly closesGap: boolean;
}

/**
 * Notes that a session's event has come, and keeps the session's row locked until the end of the transaction, so that its
 * events, the ends of its deliveries and its deletion come one after the other.
 */
export async function touchSession(
  db: Queries,
  event: { sessionId: string; applicationId: string; vendorData: string; sequence: number },
): Promise<KnownSession> {
  const { sessionId, applicationId, vendorData, sequence } = event;
  const { rows } = await sql<Arrivals & { erased_at: Date | null }>`
    INSERT INTO sessions AS s (session_id, application_id, subject_hash, contiguous, ahead)
    VALUES (
      ${sessionId}, ${applicationId}, ${vendorData === '' ? null : subjectHash(applicationId, vendorData)},
      ${sequence === 1 ? 1 : 0}, ${sequence === 1 ? [] : [sequence]}::bigint[]
    )
    ON CONFLICT (session_id) DO UPDATE SET
      subject_hash = excluded.subject_hash,
      contiguous = CASE
        WHEN s.contiguous IS NULL THEN ${sequence}::bigint
        WHEN s.contiguous + 1 = ${sequence}::bigint THEN ${sequence}::bigint
        ELSE s.contiguous
      END,
      ahead = CASE
        WHEN s.contiguous + 1 < ${sequence}::bigint AND NOT ${sequence}::bigint = ANY (s.ahead) THEN s.ahead || ${sequence}::bigint
        ELSE s.ahead
      END
    RETURNING erased_at, contiguous, ahead`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('a session was neither found nor made');
  const settled = settleArrivals(row);
  const closesGap = settled.contiguous > row.contiguous;
  if (closesGap) {
    await db
      .updateTable('sessions')
      .set({ ...settled })
      .where('session_id', '=', sessionId)
      .execute();
  }
  return { isErased: row.erased_at !== null, contiguous: settled.contiguous, closesGap };
}

/** Finds a subject's sessions again without keeping its name. */
export function subjectHash(applicationId: string, vendorData: string): Buffer {
  return createHash('sha256').update(`${applicationId}:${vendorData}`).digest();
}

/** The destinations of an application that have a URL, oldest first. */
export async function listTargets(db: Queries, applicationId: string): Promise<Target[]> {
  const rows = await db
    .selectFrom('destinations')
    .leftJoin('destination_health as health', 'health.destination_id', 'destinations.id')
    .selectAll('destinations')
    .select(healthColumns)
    .where('application_id', '=', applicationId)
    .where('deleted_at', 'is', null)
    .where('url', 'is not', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    destination: toDestination(row),
    isSound: isSound(row.circuit === null ? soundHealth : toHealth(row as HealthRow), row.rate_per_second),
  }));
}

/** Of these destinations, the ones where an earlier event of the session has not come to its end. */
export async function findBusyTurns(
  db: Queries,
  sessionId: string,
  destinationIds: readonly string[],
  sequence: number,
): Promise<Set<string>> {
  const rows = await db
    .selectFrom('deliveries')
    .select('destination_id')
    .where('session_id', '=', sessionId)
    .where('destination_id', 'in', destinationIds)
    .where('state', 'in', ['pending', 'waiting', 'held'])
    .where('sequence', '<', sequence)
    .execute();
  return new Set(rows.map((row) => row.destination_id));
}

/**
 * Writes deliveries. Those with a claim belong to this process until the lease ends; other pending ones are due at once,
 * for whoever comes first; waiting ones are looked at after `lookMs`.
 *
 * @returns ids of the deliveries that were new
 */
export async function insertDeliveries(
  db: Queries,
  deliveries: readonly NewDelivery[],
  times: { leaseMs: number; lookMs: number },
): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    INSERT INTO deliveries (
      id, event_id, destination_id, application_id, session_id, webhook_type, session_status, sequence, callback_url, body,
      traceparent, state, claims, created_at, claimed_until, due_at
    )
    SELECT n.*,
      CASE WHEN n.claims > 0 THEN ${fromNow(times.leaseMs)} END,
      CASE WHEN n.state = 'waiting' THEN ${fromNow(times.lookMs)} ELSE now() END
    FROM unnest(
      ${deliveries.map((one) => one.id)}::uuid[],
      ${deliveries.map((one) => one.eventId)}::uuid[],
      ${deliveries.map((one) => one.destinationId)}::uuid[],
      ${deliveries.map((one) => one.applicationId)}::uuid[],
      ${deliveries.map((one) => one.sessionId)}::uuid[],
      ${deliveries.map((one) => one.webhookType)}::text[],
      ${deliveries.map((one) => one.status)}::text[],
      ${deliveries.map((one) => one.sequence)}::bigint[],
      ${deliveries.map((one) => one.callbackUrl)}::text[],
      ${deliveries.map((one) => one.body)}::text[],
      ${deliveries.map((one) => one.traceparent)}::text[],
      ${deliveries.map((one) => one.state)}::text[],
      ${deliveries.map((one) => one.claims)}::int[],
      ${deliveries.map((one) => one.createdAt)}::timestamptz[]
    ) AS n (
      id, event_id, destination_id, application_id, session_id, webhook_type, session_status, sequence, callback_url, body,
      traceparent, state, claims, created_at
    )
    ON CONFLICT (event_id, destination_id) DO NOTHING
    RETURNING id`.execute(db);
  return new Set(rows.map((row) => row.id));
}
