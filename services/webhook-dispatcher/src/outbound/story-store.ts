import { type Kysely, sql } from 'kysely';
import type { DeliveryState } from '../domain/delivery.ts';
import type { Tables } from './tables.ts';

type Queries = Kysely<Tables>;

/** A delivery, and where it goes: the whole URL may hold a token of its owner's, and stays here. */
export interface ToldDelivery {
  id: string;
  event_id: string;
  destination_id: string;
  label: string | null;
  url: string | null;
  is_callback: boolean;
  enabled: boolean | null;
  disabled_reason: string | null;
  circuit: string | null;
  circuit_until: Date | null;
  paused_until: Date | null;
  webhook_type: string;
  session_status: string;
  sequence: number;
  state: DeliveryState;
  attempts: number;
  due_at: Date;
  claimed_until: Date | null;
  created_at: Date;
  traceparent: string | null;
}

const deliveriesMax = 1_000;

/** Deliveries of a session, oldest first. */
export async function listToldDeliveries(db: Queries, sessionId: string): Promise<ToldDelivery[]> {
  const { rows } = await sql<ToldDelivery>`
    SELECT d.id, d.event_id, d.destination_id, t.label, coalesce(d.callback_url, t.url) AS url,
      d.callback_url IS NOT NULL AS is_callback, t.enabled, t.disabled_reason, h.circuit, h.circuit_until, h.paused_until,
      d.webhook_type, d.session_status, d.sequence, d.state, d.attempts, d.due_at, d.claimed_until, d.created_at,
      d.traceparent
    FROM deliveries AS d
    LEFT JOIN destinations AS t ON t.id = d.destination_id
    LEFT JOIN destination_health AS h ON h.destination_id = d.destination_id
    WHERE d.session_id = ${sessionId}
    ORDER BY d.sequence, d.destination_id LIMIT ${deliveriesMax}`.execute(db);
  return rows;
}

/** One HTTP request: what was sent and answered stays here. */
export interface ToldTry {
  id: string;
  delivery_id: string;
  cause: 'schedule' | 'resend' | 'test';
  number: number | null;
  response_status: number | null;
  response_time_ms: number | null;
  error: string | null;
  created_at: Date;
}

const triesMax = 10_000;

/** Every try of these deliveries, oldest first. */
export async function listToldTries(db: Queries, deliveryIds: readonly string[]): Promise<ToldTry[]> {
  const { rows } = await sql<ToldTry>`
    SELECT id, delivery_id, cause, number, response_status, response_time_ms, error, created_at FROM attempts
    WHERE delivery_id = ANY (${[...deliveryIds]}::uuid[]) ORDER BY position LIMIT ${triesMax}`.execute(db);
  return rows;
}

/** When what was said about the session went; null: it did not, or nothing was heard of it. */
export async function findForgotten(db: Queries, sessionId: string): Promise<Date | null> {
  const row = await db
    .selectFrom('sessions')
    .select('erased_at')
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
  return row?.erased_at ?? null;
}
