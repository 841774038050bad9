import { type Kysely, sql } from 'kysely';
import { subjectHash } from './acceptance-store.ts';
import type { Tables } from './tables.ts';
import { fromNow, idBorn } from './time.ts';
import { unfinished } from './turn-store.ts';

type Queries = Kysely<Tables>;

const dayMs = 86_400_000;

/** What has gone of deliveries. */
export interface ErasedDeliveries {
  readonly deliveries: number;
  /** Of them, those that had one. */
  readonly bodies: number;
}

/** Erases what deliveries say about deleted sessions, and remembers their deletion for events that come late. */
export async function eraseSessions(
  db: Queries,
  applicationId: string,
  sessionIds: readonly string[],
): Promise<ErasedDeliveries> {
  await sql`
    INSERT INTO sessions (session_id, application_id, erased_at)
    SELECT session_id, ${applicationId}::uuid, now() FROM unnest(${[...sessionIds]}::uuid[]) AS session_id ORDER BY session_id
    ON CONFLICT (session_id) DO UPDATE SET erased_at = now(), subject_hash = NULL`.execute(db);
  return scrubSessions(db, sessionIds);
}

/** Erases what deliveries say about any session of a subject; its sessions count as deleted from now on. */
export async function eraseSubject(
  db: Queries,
  applicationId: string,
  vendorData: string,
): Promise<ErasedDeliveries> {
  const rows = await db
    .updateTable('sessions')
    .set({ erased_at: fromNow(0), subject_hash: null })
    .where('subject_hash', '=', subjectHash(applicationId, vendorData))
    .returning('session_id')
    .execute();
  return scrubSessions(
    db,
    rows.map((row) => row.session_id),
  );
}

/** A URL that is a session's own (its callback) may name the person; a destination's does not. */
async function scrubSessions(db: Queries, sessionIds: readonly string[]): Promise<ErasedDeliveries> {
  const ofSessions = sql`session_id = ANY (${[...sessionIds]}::uuid[])`;
  // First, so that an attempt that is being written down comes before or after, and sees it.
  const { rows } = await sql<{ has_body: boolean }>`
    SELECT body IS NOT NULL AS has_body FROM deliveries WHERE ${ofSessions} ORDER BY id FOR UPDATE`.execute(
    db,
  );
  await sql`
    UPDATE attempts SET response_body = NULL,
      request_url = CASE WHEN d.callback_url IS NULL THEN request_url ELSE '' END
    FROM deliveries AS d WHERE d.id = attempts.delivery_id AND d.${ofSessions}`.execute(db);
  await sql`
    UPDATE deliveries SET body = NULL, callback_url = NULL, state = ${cancelledUnlessEnded}
    WHERE ${ofSessions}`.execute(db);
  return { deliveries: rows.length, bodies: rows.filter(({ has_body }) => has_body).length };
}

/** Deliveries that are looked through at a time: bodies lie apart from their rows. */
const pageSize = 2_000;

/**
 * Erases bodies about other sessions of the application that name one of these: decisions name sessions that look alike, with
 * whose they are. What is still to be delivered stays as it is. Reads all bodies that there are, a page at a time.
 */
export async function eraseMentions(
  db: Queries,
  applicationId: string,
  sessionIds: readonly string[],
): Promise<{ erased: number; waiting: number }> {
  const total = { erased: 0, waiting: 0 };
  const patterns = sessionIds.map((id) => `%${id}%`);
  let after: string | null = sessionIds.length > 0 ? '00000000-0000-0000-0000-000000000000' : null;
  while (after !== null) {
    const { rows } = await sql<{ last: string | null; ended: string[]; waiting: number }>`
      WITH page AS MATERIALIZED (
        SELECT id, application_id, state, body FROM deliveries WHERE id > ${after} ORDER BY id LIMIT ${pageSize}
      ), naming AS (
        SELECT id, state FROM page
        WHERE application_id = ${applicationId} AND body LIKE '%"matches":[{%' AND body LIKE ANY (${patterns}::text[])
      )
      SELECT (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS last,
        ARRAY(SELECT id FROM naming WHERE state NOT IN ${unfinished}) AS ended,
        (SELECT count(*) FROM naming WHERE state IN ${unfinished}) AS waiting`.execute(db);
    const { last = null, ended = [], waiting = 0 } = rows[0] ?? {};
    if (ended.length > 0) {
      await sql`UPDATE attempts SET response_body = NULL WHERE delivery_id = ANY (${ended}::uuid[])`.execute(
        db,
      );
      await sql`UPDATE deliveries SET body = NULL WHERE id = ANY (${ended}::uuid[])`.execute(db);
    }
    total.erased += ended.length;
    total.waiting += waiting;
    after = last;
  }
  return total;
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
