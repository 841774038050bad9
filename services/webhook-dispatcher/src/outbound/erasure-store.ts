import { type Kysely, sql } from 'kysely';
import { subjectHash } from './acceptance-store.ts';
import type { Tables } from './tables.ts';
import { fromNow, idBorn } from './time.ts';
import { unfinished } from './turn-store.ts';

type Queries = Kysely<Tables>;

const dayMs = 86_400_000;

/** Erases what deliveries say about a deleted session, and remembers its deletion for events that come late. */
export async function eraseSession(db: Queries, sessionId: string, applicationId: string): Promise<void> {
  await db
    .insertInto('sessions')
    .values({ session_id: sessionId, application_id: applicationId, erased_at: fromNow(0) })
    .onConflict((conflict) => conflict.column('session_id').doUpdateSet({ erased_at: fromNow(0) }))
    .execute();
  await scrubSessions(db, [sessionId]);
}

/** Erases what deliveries say about any session of a subject; its sessions count as deleted from now on. */
export async function eraseSubject(db: Queries, applicationId: string, vendorData: string): Promise<void> {
  const rows = await db
    .updateTable('sessions')
    .set({ erased_at: fromNow(0) })
    .where('subject_hash', '=', subjectHash(applicationId, vendorData))
    .returning('session_id')
    .execute();
  await scrubSessions(
    db,
    rows.map((row) => row.session_id),
  );
}

/** A URL that is a session's own (its callback) may name the person; a destination's does not. */
async function scrubSessions(db: Queries, sessionIds: readonly string[]): Promise<void> {
  const ofSessions = sql`session_id = ANY (${sessionIds}::uuid[])`;
  // First, so that an attempt that is being written down comes before or after, and sees it.
  await sql`SELECT id FROM deliveries WHERE ${ofSessions} ORDER BY id FOR UPDATE`.execute(db);
  await sql`
    UPDATE attempts SET response_body = NULL,
      request_url = CASE WHEN d.callback_url IS NULL THEN request_url ELSE '' END
    FROM deliveries AS d WHERE d.id = attempts.delivery_id AND d.${ofSessions}`.execute(db);
  await sql`
    UPDATE deliveries SET body = NULL, callback_url = NULL, state = ${cancelledUnlessEnded}
    WHERE ${ofSessions}`.execute(db);
}

const cancelledUnlessEnded = sql`
  CASE WHEN state IN ${unfinished} THEN 'cancelled' ELSE state END`;

/**
 * Erases bodies, and what was answered to them, that are older than their application wants them kept.
 *
 * @returns how many, at most `limit`
 */
export async function eraseOldBodies(db: Queries, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    WITH old AS (
      SELECT d.id FROM applications AS a
      JOIN deliveries AS d ON d.application_id = a.application_id
      WHERE d.body IS NOT NULL AND d.created_at < greatest(
        now() - a.data_retention_months * interval '1 month', now() - a.body_retention_days * interval '1 day'
      )
      LIMIT ${limit}
      FOR UPDATE OF d SKIP LOCKED
    ), answers AS (
      UPDATE attempts SET response_body = NULL FROM old WHERE old.id = attempts.delivery_id
    )
    UPDATE deliveries SET body = NULL, state = ${cancelledUnlessEnded}
    FROM old WHERE deliveries.id = old.id`.execute(db);
  return Number(numAffectedRows);
}

/** The figures have not been told of an attempt yet. */
const isUncounted = sql`EXISTS (
  SELECT 1 FROM attempts AS a
  LEFT JOIN attempt_totals AS t ON t.destination_id = a.destination_id
  WHERE a.delivery_id = deliveries.id AND a.position > coalesce(t.through_position, 0)
)`;

/**
 * Forgets deliveries that ended long ago, with their attempts.
 *
 * @returns how many, at most `limit`
 */
export async function pruneLog(
  db: Queries,
  options: { olderThanDays: number; limit: number },
): Promise<number> {
  const { olderThanDays, limit } = options;
  const { numAffectedRows } = await sql`
    WITH old AS (
      SELECT id FROM deliveries
      WHERE id < ${idBorn(olderThanDays * dayMs)} AND state IN ('delivered', 'failed', 'cancelled') AND NOT ${isUncounted}
      ORDER BY id LIMIT ${limit}
      FOR UPDATE SKIP LOCKED
    ), attempted AS (
      DELETE FROM attempts USING old WHERE attempts.delivery_id = old.id
    )
    DELETE FROM deliveries USING old WHERE deliveries.id = old.id`.execute(db);
  return Number(numAffectedRows);
}
