import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';
import { fromNow, idBorn } from './time.ts';

type Queries = Kysely<Tables>;

/** States of a delivery that has not come to its end. */
export const unfinished = sql`('pending', 'waiting', 'held')`;

/** An earlier delivery of the same session to the same destination that has not come to its end. */
const hasPredecessor = sql`EXISTS (
  SELECT 1 FROM deliveries AS e
  WHERE e.session_id = d.session_id AND e.destination_id = d.destination_id AND e.sequence < d.sequence
    AND e.state IN ${unfinished}
)`;

/** Locks sessions until the end of the transaction, always in the same order. */
export async function lockSessions(tx: Queries, sessionIds: readonly string[]): Promise<void> {
  await tx
    .selectFrom('sessions')
    .select('session_id')
    .where(sql<boolean>`session_id = ANY (${sessionIds}::uuid[])`)
    .orderBy('session_id')
    .forUpdate()
    .execute();
}

/**
 * Makes the waiting deliveries of these sessions due whose turn has come. The sessions are locked by this transaction, so
 * that a predecessor cannot end, nor a successor arrive, unseen.
 *
 * @returns whether something is due now that was not before
 */
export async function wakeNext(tx: Queries, sessionIds: readonly string[]): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    UPDATE deliveries AS d SET state = 'pending', due_at = now()
    FROM sessions AS s
    WHERE d.session_id = ANY (${sessionIds}::uuid[]) AND d.state = 'waiting' AND s.session_id = d.session_id
      AND d.sequence <= coalesce(s.contiguous, d.sequence) AND NOT ${hasPredecessor}`.execute(tx);
  return numAffectedRows > 0n;
}

/**
 * Looks after deliveries that have waited long: those that still have a predecessor wait on; those that do not are due,
 * also when an event before them never came.
 *
 * @param options.gapMs how long after its acceptance a delivery goes out although an event before it is missing
 * @param options.lookMs when those that wait on are looked at again
 * @returns ids of the deliveries that go out although an event of their session is missing
 */
export async function endVainWaits(
  tx: Queries,
  options: { limit: number; gapMs: number; lookMs: number },
): Promise<string[]> {
  const { limit, gapMs, lookMs } = options;
  const { rows } = await sql<{ id: string; session_id: string; sequence: number; skips_gap: boolean }>`
    WITH overdue AS (
      SELECT d.id, t.ordered AND ${hasPredecessor} AS is_blocked,
        t.ordered AND d.sequence > coalesce(s.contiguous, d.sequence) AS has_gap,
        d.id > ${idBorn(gapMs)} AS is_young
      FROM deliveries AS d
      JOIN destinations AS t ON t.id = d.destination_id
      JOIN sessions AS s ON s.session_id = d.session_id
      WHERE d.state = 'waiting' AND d.due_at <= now()
      ORDER BY d.due_at LIMIT ${limit}
      FOR UPDATE OF d SKIP LOCKED
    )
    UPDATE deliveries AS d
    SET state = CASE WHEN is_blocked OR (has_gap AND is_young) THEN 'waiting' ELSE 'pending' END,
      due_at = CASE WHEN is_blocked OR (has_gap AND is_young) THEN ${fromNow(lookMs)} ELSE now() END
    FROM overdue WHERE d.id = overdue.id
    RETURNING d.id, d.session_id, d.sequence, d.state = 'pending' AND has_gap AS skips_gap`.execute(tx);
  const skipping = rows.filter((row) => row.skips_gap);
  if (skipping.length > 0) await giveUpGaps(tx, skipping);
  return skipping.map((row) => row.id);
}

/** What a gap was given up for counts as come, so that later events of the session do not wait for it again. */
async function giveUpGaps(
  tx: Queries,
  skipping: readonly { session_id: string; sequence: number }[],
): Promise<void> {
  const sessionIds = skipping.map((row) => row.session_id);
  await sql`
    UPDATE sessions AS s
    SET contiguous = reached(greatest(s.contiguous, g.sequence), s.ahead),
      ahead = beyond(reached(greatest(s.contiguous, g.sequence), s.ahead), s.ahead)
    FROM (
      SELECT session_id, max(sequence) AS sequence
      FROM unnest(${sessionIds}::uuid[], ${skipping.map((row) => row.sequence)}::bigint[]) AS one (session_id, sequence)
      GROUP BY session_id
    ) AS g
    WHERE s.session_id = g.session_id`.execute(tx);
  await wakeNext(tx, sessionIds);
}

/**
 * Takes up deliveries that were held while their destination was switched off, the oldest first. Those of ordered
 * destinations queue up again.
 *
 * @returns how many, at most `limit`
 */
export async function takeUpHeld(db: Queries, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    WITH held AS (
      SELECT d.id, t.ordered FROM destinations AS t
      CROSS JOIN LATERAL (
        SELECT id FROM deliveries
        WHERE state = 'held' AND destination_id = t.id
        ORDER BY due_at LIMIT ${limit}
        FOR UPDATE SKIP LOCKED
      ) AS d
      -- Those of a deleted one are claimed, and end.
      WHERE t.enabled OR t.deleted_at IS NOT NULL
      LIMIT ${limit}
    )
    UPDATE deliveries AS d
    SET state = CASE WHEN held.ordered THEN 'waiting' ELSE 'pending' END, due_at = now(), frame_at = NULL
    FROM held WHERE d.id = held.id`.execute(db);
  return Number(numAffectedRows);
}
