import type { Transaction } from '@selfsame/database/database';
import { sql } from 'kysely';
import type { Retention } from '../domain/retention.ts';
import type { Queries, Tables } from './tables.ts';

type Tx = Transaction<Tables>;

export async function findRetention(db: Queries, applicationId: string): Promise<Retention> {
  const row = await db
    .selectFrom('applications')
    .select(['retention_days as days', 'retain_images as retainsImages'])
    .where('id', '=', applicationId)
    .executeTakeFirstOrThrow();
  return row;
}

export async function saveRetention(
  db: Queries,
  applicationId: string,
  { days, retainsImages }: Retention,
): Promise<void> {
  await db
    .updateTable('applications')
    .set({ retention_days: days, retain_images: retainsImages })
    .where('id', '=', applicationId)
    .execute();
}

/**
 * Whoever changes how long an application keeps its sessions waits for the batches that go by it, and a batch for whoever
 * changes it: what is deleted after the answer is deleted by what was answered. Creating sessions waits for neither.
 */
const lockName = (applicationId: string) => sql`hashtextextended(${`retention ${applicationId}`}, 0)`;

/** Nothing is deleted by the retention of the application until the transaction ends. */
export async function lockRetention(tx: Tx, applicationId: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${lockName(applicationId)})`.execute(tx);
}

/** From when on sessions stay, which holds until the transaction ends; null: all do. On the clock of the database. */
export async function holdRetention(tx: Tx, applicationId: string): Promise<Date | null> {
  // On its own: what a statement reads is what was there when it began.
  await sql`SELECT pg_advisory_xact_lock_shared(${lockName(applicationId)})`.execute(tx);
  const { rows } = await sql<{ since: Date | null }>`
    SELECT now() - retention_days * interval '1 day' AS since FROM applications WHERE id = ${applicationId}`.execute(
    tx,
  );
  return rows[0]?.since ?? null;
}

/** An application that keeps sessions for a time. */
export interface RetainingApplication {
  readonly id: string;
  readonly slug: string;
  readonly days: number;
  /** Sessions that entered their status before then have to go; on the clock of the database. */
  readonly since: Date;
}

/** @param slug of one; undefined: all */
export async function listRetaining(db: Queries, slug?: string): Promise<RetainingApplication[]> {
  const { rows } = await sql<RetainingApplication>`
    SELECT id, slug, retention_days AS days, now() - retention_days * interval '1 day' AS since
    FROM applications WHERE retention_days IS NOT NULL AND slug = coalesce(${slug ?? null}, slug) ORDER BY slug`.execute(
    db,
  );
  return rows;
}

/** How many sessions of each type. */
export interface TypeCounts {
  hosted: number;
  api: number;
  imported: number;
}

/** Sessions of an application, and when the oldest was created. */
export interface Counted extends TypeCounts {
  readonly oldest: Date | null;
}

/** @param since those that entered their status before; undefined: all */
export async function countSessions(db: Queries, applicationId: string, since?: Date): Promise<Counted> {
  const { rows } = await sql<Counted>`
    SELECT count(*) FILTER (WHERE session_type = 'HOSTED') AS hosted,
      count(*) FILTER (WHERE session_type = 'API') AS api,
      count(*) FILTER (WHERE session_type = 'IMPORTED') AS imported, min(created_at) AS oldest
    FROM sessions WHERE application_id = ${applicationId} AND deleted_at IS NULL
      AND status_changed_at < coalesce(${since ?? null}::timestamptz, 'infinity')`.execute(db);
  return rows[0] ?? { hosted: 0, api: 0, imported: 0, oldest: null };
}

/** Adds to what was deleted today. */
export async function addRun(
  db: Queries,
  applicationId: string,
  { hosted, api, imported, oldest }: TypeCounts & { oldest: Date },
): Promise<void> {
  await sql`
    INSERT INTO retention_runs AS r (application_id, day, hosted, api, imported, oldest)
    VALUES (${applicationId}, (now() AT TIME ZONE 'UTC')::date, ${hosted}, ${api}, ${imported}, ${oldest})
    ON CONFLICT (application_id, day) DO UPDATE SET hosted = r.hosted + excluded.hosted, api = r.api + excluded.api,
      imported = r.imported + excluded.imported, oldest = least(r.oldest, excluded.oldest)`.execute(db);
}

/** What was deleted on a day. */
export interface Run extends TypeCounts {
  /** YYYY-MM-DD */
  readonly day: string;
  readonly oldest: Date;
}

/** The latest day with something to delete. */
export async function findLastRun(db: Queries, applicationId: string): Promise<Run | null> {
  const { rows } = await sql<Run>`
    SELECT day::text, hosted, api, imported, oldest FROM retention_runs
    WHERE application_id = ${applicationId} ORDER BY day DESC LIMIT 1`.execute(db);
  return rows[0] ?? null;
}

/** Forgets what was deleted long ago. */
export async function pruneRuns(db: Queries): Promise<void> {
  await sql`DELETE FROM retention_runs WHERE day < now() - interval '365 days'`.execute(db);
}
