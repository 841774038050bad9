import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type Delivery, type Destination, isOffBySystem } from '../domain/delivery.ts';
import { toDestination } from './destination-row.ts';
import type { Tables } from './tables.ts';
import { fromNow } from './time.ts';

type Queries = Kysely<Tables>;

/** What a claim brought: deliveries to attempt, and others whose destination is switched off or gone. */
export interface Claimed {
  readonly ready: Delivery[];
  readonly stranded: StrandedDelivery[];
}

/** A claimed delivery that is not sent, and what becomes of it. */
export interface StrandedDelivery {
  readonly id: string;
  readonly sessionId: string;
  readonly claims: number;
  readonly state: 'held' | 'cancelled';
}

/** A destination whose health or owner limits what may go out, and that has something due. */
export interface LimitedDestination {
  readonly id: string;
  readonly ratePerSecond: number | null;
  readonly maxInFlight: number | null;
}

/** Destinations that have pending deliveries, visited one by one along the index, so that a long queue hides no other. */
export const waitingDestinations = sql`
  (SELECT destination_id FROM deliveries WHERE state = 'pending' ORDER BY destination_id LIMIT 1)
  UNION ALL
  SELECT (
    SELECT destination_id FROM deliveries
    WHERE state = 'pending' AND destination_id > waiting.destination_id
    ORDER BY destination_id LIMIT 1
  )
  FROM waiting WHERE destination_id IS NOT NULL`;

/** Due, and in nobody's hands: a claim that was never finished ends by itself. */
export const isClaimable = sql`
  state = 'pending' AND due_at <= now() AND (claimed_until IS NULL OR claimed_until <= now())`;

/** A destination without a URL of its own serves callbacks, which go to another host each: nothing limits them. */
export const isLimited = sql`t.url IS NOT NULL AND (
  t.rate_per_second IS NOT NULL OR h.circuit <> 'closed' OR h.paused_until IS NOT NULL OR h.slow_rate IS NOT NULL
)`;

/**
 * Claims deliveries that are due, the oldest first, for the length of a lease. Replicas pass over each other's rows.
 * Destinations that something limits are left to `claimFrom`, unless they are switched off.
 *
 * @param options.room most deliveries to claim
 * @param options.roomPerDestination most for one destination, unless the destination or `busy` says otherwise
 */
export async function claimDue(
  db: Queries,
  options: {
    room: number;
    roomPerDestination: number;
    busy: ReadonlyMap<string, number>;
    leaseMs: number;
  },
): Promise<Claimed> {
  const { room, roomPerDestination, busy, leaseMs } = options;
  const due = sql`
    WITH RECURSIVE waiting AS (${waitingDestinations}), due AS (
      SELECT claimable.id
      FROM waiting
      JOIN destinations AS t ON t.id = waiting.destination_id
      LEFT JOIN destination_health AS h ON h.destination_id = t.id
      LEFT JOIN unnest(${[...busy.keys()]}::uuid[], ${[...busy.values()]}::int[]) AS busy (id, taken)
        ON busy.id = waiting.destination_id
      CROSS JOIN LATERAL (
        SELECT id, due_at FROM deliveries
        WHERE destination_id = waiting.destination_id AND ${isClaimable}
        ORDER BY due_at
        LIMIT least(
          ${room}::int, greatest(0, coalesce(t.max_in_flight, ${roomPerDestination}::int) - coalesce(busy.taken, 0))
        )
        FOR UPDATE SKIP LOCKED
      ) AS claimable
      WHERE NOT coalesce(${isLimited}, false) OR NOT t.enabled OR t.deleted_at IS NOT NULL
      ORDER BY claimable.due_at
      LIMIT ${room}
    )`;
  return await claim(db, due, leaseMs);
}

/** Claims the oldest deliveries that are due at one destination, `limit` at most. */
export async function claimFrom(
  db: Queries,
  destinationId: string,
  options: { limit: number; leaseMs: number },
): Promise<Claimed> {
  const due = sql`
    WITH due AS (
      SELECT id FROM deliveries
      WHERE destination_id = ${destinationId} AND ${isClaimable}
      ORDER BY due_at LIMIT ${options.limit}
      FOR UPDATE SKIP LOCKED
    )`;
  return await claim(db, due, options.leaseMs);
}

/** Destinations that `claimDue` leaves out although something is due, where their health may let something through now. */
export async function listLimited(db: Queries, limit: number): Promise<LimitedDestination[]> {
  const { rows } = await sql<{ id: string; rate_per_second: number | null; max_in_flight: number | null }>`
    SELECT t.id, t.rate_per_second, t.max_in_flight
    FROM destinations AS t
    LEFT JOIN destination_health AS h ON h.destination_id = t.id
    WHERE ${isLimited} AND t.enabled AND t.deleted_at IS NULL
      AND (h.circuit IS NULL OR h.circuit = 'closed' OR h.circuit_until <= now())
      AND (h.paused_until IS NULL OR h.paused_until <= now())
      AND EXISTS (
        SELECT 1 FROM deliveries WHERE destination_id = t.id AND ${isClaimable}
      )
    ORDER BY random() LIMIT ${limit}`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    ratePerSecond: row.rate_per_second,
    maxInFlight: row.max_in_flight,
  }));
}

/**
 * What the claimed deliveries need to know of their destinations is read once for each destination, after them: so it is
 * not older than the claim.
 *
 * @param due the beginning of a statement, with a CTE `due (id)` of locked rows
 */
async function claim(db: Queries, due: RawBuilder<unknown>, leaseMs: number): Promise<Claimed> {
  const { rows } = await sql<ClaimedRow>`
    ${due}
    UPDATE deliveries AS d
    SET claims = d.claims + 1, claimed_until = ${fromNow(leaseMs)}
    FROM due WHERE d.id = due.id
    RETURNING d.id, d.event_id, d.destination_id, d.application_id, d.session_id, d.webhook_type, d.session_status,
      d.body, d.traceparent, d.created_at, d.frame_at, d.attempts, d.claims, d.callback_url`.execute(db);
  const claimed: Claimed = { ready: [], stranded: [] };
  if (rows.length === 0) return claimed;
  const destinations = await readDestinations(db, new Set(rows.map((row) => row.destination_id)));
  for (const row of rows) {
    const destination = destinations.get(row.destination_id);
    const url = row.callback_url ?? destination?.url;
    if (destination?.enabled && url != null) claimed.ready.push(toDelivery(row, url, destination));
    else {
      const state = destination && isOffBySystem(destination) ? 'held' : 'cancelled';
      claimed.stranded.push({ id: row.id, sessionId: row.session_id, claims: row.claims, state });
    }
  }
  return claimed;
}

/** Those that were not deleted. */
async function readDestinations(db: Queries, ids: ReadonlySet<string>): Promise<Map<string, Destination>> {
  const rows = await db
    .selectFrom('destinations')
    .selectAll()
    .where(sql<boolean>`id = ANY (${[...ids]}::uuid[])`)
    .where('deleted_at', 'is', null)
    .execute();
  return new Map(rows.map((row) => [row.id, toDestination(row)]));
}

interface ClaimedRow {
  id: string;
  event_id: string;
  destination_id: string;
  application_id: string;
  session_id: string;
  webhook_type: string;
  session_status: string;
  /** Erasing a body cancels its delivery, so a claimed one has its body. */
  body: string;
  traceparent: string | null;
  created_at: Date;
  frame_at: Date | null;
  attempts: number;
  claims: number;
  callback_url: string | null;
}

function toDelivery(row: ClaimedRow, url: string, destination: Destination): Delivery {
  return {
    id: row.id,
    eventId: row.event_id,
    destinationId: row.destination_id,
    applicationId: row.application_id,
    sessionId: row.session_id,
    webhookType: row.webhook_type,
    status: row.session_status,
    body: row.body,
    traceparent: row.traceparent,
    createdAt: row.created_at,
    frameAt: row.frame_at,
    attempts: row.attempts,
    claims: row.claims,
    url,
    isCallback: row.callback_url !== null,
    destination,
  };
}

/** Gives back a delivery that was claimed and not attempted. */
export async function release(db: Queries, delivery: Pick<Delivery, 'id' | 'claims'>): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ claimed_until: null })
    .where('id', '=', delivery.id)
    .where('claims', '=', delivery.claims)
    .where('state', '=', 'pending')
    .execute();
}

/** Parks claimed deliveries whose destination is switched off, and ends those whose destination is gone. */
export async function setAside(db: Queries, stranded: Claimed['stranded']): Promise<void> {
  if (stranded.length === 0) return;
  await sql`
    UPDATE deliveries AS d SET state = s.state
    FROM unnest(
      ${stranded.map((one) => one.id)}::uuid[],
      ${stranded.map((one) => one.claims)}::int[],
      ${stranded.map((one) => one.state)}::text[]
    ) AS s (id, claims, state)
    WHERE d.id = s.id AND d.claims = s.claims AND d.state = 'pending'`.execute(db);
}
