import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Delivery, DeliveryState, Destination } from '../domain/delivery.ts';
import { isSound, soundHealth } from '../domain/health.ts';
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

/** An event that has come. */
export interface Arrival {
  readonly sessionId: string;
  readonly applicationId: string;
  readonly vendorData: string;
  readonly sequence: number;
}

/**
 * Notes that events of sessions have come, and keeps the sessions' rows locked until the end of the transaction, so that
 * their events, the ends of their deliveries and their deletion come one after the other.
 *
 * @returns the sessions about which nothing may be stored any more: deleted, or of an erased subject
 */
export async function touchSessions(db: Queries, arrivals: readonly Arrival[]): Promise<Set<string>> {
  // Everything up to excluded.contiguous has come, if anything; what is ahead may close a gap.
  const start = sql`greatest(coalesce(s.contiguous, excluded.ahead[1] - 1), excluded.contiguous)`;
  const known = sql`s.ahead || excluded.ahead`;
  const { rows } = await sql<{ session_id: string; is_erased: boolean }>`
    INSERT INTO sessions AS s (session_id, application_id, subject_hash, contiguous, ahead)
    SELECT session_id, application_id, subject_hash, reached(0, sequences), beyond(reached(0, sequences), sequences)
    FROM (
      SELECT session_id, application_id, (array_agg(subject_hash))[1], array_agg(sequence ORDER BY sequence)
      FROM unnest(
        ${arrivals.map((one) => one.sessionId)}::uuid[],
        ${arrivals.map((one) => one.applicationId)}::uuid[],
        ${arrivals.map(hashOf)}::bytea[],
        ${arrivals.map((one) => one.sequence)}::bigint[]
      ) AS arrival (session_id, application_id, subject_hash, sequence)
      GROUP BY session_id, application_id
    ) AS arrived (session_id, application_id, subject_hash, sequences)
    ORDER BY session_id -- whoever locks several, locks them in this order
    ON CONFLICT (session_id) DO UPDATE SET
      -- Whose a deleted session was is forgotten.
      subject_hash = CASE WHEN s.erased_at IS NULL THEN excluded.subject_hash END,
      contiguous = reached(${start}, ${known}),
      ahead = beyond(reached(${start}, ${known}), ${known})
    RETURNING session_id, erased_at IS NOT NULL AS is_erased`.execute(db);
  return new Set(rows.flatMap((row) => (row.is_erased ? [row.session_id] : [])));
}

function hashOf({ applicationId, vendorData }: Arrival): Buffer | null {
  return vendorData === '' ? null : subjectHash(applicationId, vendorData);
}

/** Finds a subject's sessions again without keeping its name. */
export function subjectHash(applicationId: string, vendorData: string): Buffer {
  return createHash('sha256').update(`${applicationId}:${vendorData}`).digest();
}

/** The destinations of applications that have a URL, oldest first. */
export async function listTargets(
  db: Queries,
  applicationIds: readonly string[],
): Promise<Map<string, Target[]>> {
  const rows = await db
    .selectFrom('destinations')
    .leftJoin('destination_health as health', 'health.destination_id', 'destinations.id')
    .selectAll('destinations')
    .select(healthColumns)
    .where(sql<boolean>`application_id = ANY (${applicationIds}::uuid[])`)
    .where('deleted_at', 'is', null)
    .where('url', 'is not', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const targets = new Map<string, Target[]>(applicationIds.map((id) => [id, []]));
  for (const row of rows) {
    const health = row.circuit === null ? soundHealth : toHealth(row as HealthRow);
    const target = { destination: toDestination(row), isSound: isSound(health, row.rate_per_second) };
    targets.get(row.application_id)?.push(target);
  }
  return targets;
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
      traceparent, state, claims, created_at, frame_at, claimed_until, due_at
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
      ${deliveries.map((one) => one.createdAt)}::timestamptz[],
      ${deliveries.map((one) => one.frameAt)}::timestamptz[]
    ) AS n (
      id, event_id, destination_id, application_id, session_id, webhook_type, session_status, sequence, callback_url, body,
      traceparent, state, claims, created_at, frame_at
    )
    ON CONFLICT (event_id, destination_id) DO NOTHING
    RETURNING id`.execute(db);
  return new Set(rows.map((row) => row.id));
}
