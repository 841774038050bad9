import { type Kysely, sql } from 'kysely';
import type { Attempt } from '../domain/delivery.ts';
import type { Decision } from '../domain/schedule.ts';
import type { Tables } from './tables.ts';
import { unfinished } from './turn-store.ts';

type Queries = Kysely<Tables>;

/** An attempt that the schedule made, and what follows from it. */
export interface ScheduledAttempt {
  readonly attempt: Attempt;
  /** Of the delivery, when it was claimed for this attempt. */
  readonly claims: number;
  /** `held`: the destination is switched off by what it answered. */
  readonly decision: Decision | { readonly kind: 'held' };
}

/**
 * Writes attempts and what follows from them, in one statement. A claim that was lost meanwhile leaves the delivery to its
 * new owner, unless the receiver has taken it. Attempts that were written before are left as they are.
 *
 * @returns ids of the deliveries that this has moved on
 */
export async function recordScheduled(
  db: Queries,
  scheduled: readonly ScheduledAttempt[],
): Promise<Set<string>> {
  const attempts = scheduled.map(({ attempt }) => attempt);
  const { rows } = await sql<{ id: string }>`
    WITH logged AS (${insertAttempts(attempts)} RETURNING id),
    made AS (
      SELECT * FROM unnest(
        ${attempts.map((one) => one.id)}::uuid[],
        ${attempts.map((one) => one.deliveryId)}::uuid[],
        ${scheduled.map((one) => one.claims)}::int[],
        ${scheduled.map(({ decision }) => stateAfter(decision))}::text[],
        ${scheduled.map(({ decision }) => (decision.kind === 'retry' ? decision.afterMs : 0))}::bigint[]
      ) AS m (attempt_id, delivery_id, claims, state, after_ms)
    )
    UPDATE deliveries AS d
    SET attempts = d.attempts + 1,
      state = made.state,
      claimed_until = NULL,
      due_at = CASE WHEN made.state = 'pending' THEN now() + made.after_ms * interval '1 millisecond' ELSE d.due_at END
    -- Each row is locked by logged before it is changed here: the other way round it would not be logged.
    FROM made JOIN logged ON logged.id = made.attempt_id
    WHERE d.id = made.delivery_id AND d.state = 'pending' AND (made.state = 'delivered' OR d.claims = made.claims)
    RETURNING d.id`.execute(db);
  return new Set(rows.map((row) => row.id));
}

/** Writes down an attempt that the schedule did not make. One that the receiver took ends retries that were to come. */
export async function recordResend(tx: Queries, attempt: Attempt, isDelivered: boolean): Promise<void> {
  await insertAttempts([attempt]).execute(tx);
  if (!isDelivered) return;
  await sql`
    UPDATE deliveries SET state = 'delivered'
    WHERE id = ${attempt.deliveryId} AND (state IN ${unfinished} OR state = 'failed')`.execute(tx);
}

function stateAfter(decision: ScheduledAttempt['decision']): string {
  return decision.kind === 'retry' ? 'pending' : decision.kind;
}

/**
 * Arrays, a column each, so that a batch of any size is one statement that PostgreSQL has seen before. What was erased while
 * the attempt was under way stays erased: the delivery is locked against that, and seen as it is then.
 */
function insertAttempts(attempts: readonly Attempt[]) {
  return sql`
    INSERT INTO attempts (
      id, delivery_id, destination_id, cause, number, request_url, request_header, signed_at, response_status,
      response_time_ms, error, response_body, created_at
    )
    SELECT n.id, n.delivery_id, n.destination_id, n.cause, n.number,
      CASE WHEN d.body IS NULL AND n.request_url IS DISTINCT FROM t.url THEN '' ELSE n.request_url END,
      n.request_header, n.signed_at, n.response_status, n.response_time_ms, n.error,
      CASE WHEN d.body IS NOT NULL THEN n.response_body END,
      n.created_at
    FROM unnest(
      ${attempts.map((one) => one.id)}::uuid[],
      ${attempts.map((one) => one.deliveryId)}::uuid[],
      ${attempts.map((one) => one.destinationId)}::uuid[],
      ${attempts.map((one) => one.cause)}::text[],
      ${attempts.map((one) => one.number)}::int[],
      ${attempts.map((one) => one.requestUrl)}::text[],
      ${attempts.map((one) => one.requestHeader)}::text[],
      ${attempts.map((one) => one.signedAt)}::bigint[],
      ${attempts.map((one) => one.responseStatus)}::int[],
      ${attempts.map((one) => one.responseTimeMs)}::int[],
      ${attempts.map((one) => one.error)}::text[],
      ${attempts.map((one) => one.responseBody)}::text[],
      ${attempts.map((one) => one.createdAt)}::timestamptz[]
    ) AS n (
      id, delivery_id, destination_id, cause, number, request_url, request_header, signed_at, response_status,
      response_time_ms, error, response_body, created_at
    )
    JOIN deliveries AS d ON d.id = n.delivery_id
    JOIN destinations AS t ON t.id = n.destination_id
    FOR SHARE OF d
    ON CONFLICT (id) DO NOTHING`;
}
