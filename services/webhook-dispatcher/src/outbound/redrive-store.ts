import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

type Queries = Kysely<Tables>;

/**
 * Makes failed deliveries of a destination due again with their whole schedule before them, the oldest first; those of an
 * ordered destination queue up. Test events, callbacks of sessions, and what has been erased stay as they are.
 *
 * @param options.since when their event happened, at the earliest
 * @param options.startedAt by the database's clock: what has failed again since then is left alone
 * @returns how many, at most `limit`
 */
export async function requeueFailed(
  db: Queries,
  destinationId: string,
  options: { since: Date; startedAt: Date; limit: number },
): Promise<number> {
  const { since, startedAt, limit } = options;
  // A test event has never been attempted by the schedule.
  const { numAffectedRows } = await sql`
    WITH failed AS (
      SELECT id, created_at FROM deliveries
      WHERE destination_id = ${destinationId} AND state = 'failed' AND created_at >= ${since}
        AND body IS NOT NULL AND callback_url IS NULL AND attempts > 0 AND due_at < ${startedAt}
      ORDER BY created_at LIMIT ${limit}
      FOR UPDATE SKIP LOCKED
    ), ranked AS (
      SELECT id, row_number() OVER (ORDER BY created_at, id) AS place FROM failed
    )
    UPDATE deliveries AS d
    SET attempts = 0, frame_at = NULL, state = CASE WHEN t.ordered THEN 'waiting' ELSE 'pending' END,
      due_at = now() + ranked.place * interval '1 microsecond'
    FROM ranked, destinations AS t
    WHERE d.id = ranked.id AND t.id = d.destination_id`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** Deliveries that one switching on gives another chance. */
const mostHeldAgain = 50_000;

/**
 * Holds what a destination was given up on since it has been failing, so that it is sent with all that was held since. An
 * event is older than its first failure, by an hour at most.
 */
export async function holdFailed(tx: Queries, destinationId: string, failingSince: Date): Promise<void> {
  await sql`
    UPDATE deliveries SET state = 'held', attempts = 0
    WHERE id IN (
      SELECT id FROM deliveries
      WHERE destination_id = ${destinationId} AND state = 'failed'
        AND created_at >= ${failingSince}::timestamptz - interval '1 hour'
        AND body IS NOT NULL AND callback_url IS NULL AND attempts > 0
      ORDER BY created_at LIMIT ${mostHeldAgain}
    )`.execute(tx);
}

/**
 * Lets go what waits for its turn at a destination where there are no turns any more.
 *
 * @returns how many, at most `limit`
 */
export async function endOrder(db: Queries, destinationId: string, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    UPDATE deliveries SET state = 'pending', due_at = now()
    FROM (
      SELECT id FROM deliveries
      WHERE state = 'waiting' AND destination_id = ${destinationId}
      LIMIT ${limit}
      FOR UPDATE SKIP LOCKED
    ) AS freed
    WHERE deliveries.id = freed.id`.execute(db);
  return Number(numAffectedRows ?? 0);
}
