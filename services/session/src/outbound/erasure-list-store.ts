import type { Transaction } from '@selfsame/database/database';
import { sql } from 'kysely';
import type { Queries, Tables } from './tables.ts';

/** An erasure as a list outside the database keeps it: it names nobody but by pseudonym. */
export interface ListedErasure {
  readonly erasure_id: string;
  readonly application_id: string;
  readonly user_pid: string;
  readonly instruction_id: string | null;
  /** ISO 8601 */
  readonly requested_at: string;
}

/** Erasures asked for since, the oldest first. @param after the last one of the page before */
export async function listErasuresSince(
  db: Queries,
  since: Date,
  after: ListedErasure | undefined,
  limit: number,
): Promise<ListedErasure[]> {
  const { rows } = await sql<ListedErasure & { requested_at: unknown }>`
    SELECT id AS erasure_id, application_id, user_pid, instruction_id,
      to_char(requested_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS requested_at
    FROM erasures
    WHERE requested_at >= ${since}
      AND (${after === undefined} OR (requested_at, id) > (${after?.requested_at ?? null}::timestamptz, ${after?.erasure_id ?? null}::uuid))
    ORDER BY erasures.requested_at, id LIMIT ${limit}`.execute(db);
  return rows;
}

/** Of these erasures, those that the database knows. */
export async function listKnown(db: Queries, ids: readonly string[]): Promise<Set<string>> {
  const rows = await db
    .selectFrom('erasures')
    .select('id')
    .where(sql<boolean>`id = ANY (${[...ids]}::uuid[])`)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** Of these applications, those that the database knows. */
export async function listKnownApplications(db: Queries, ids: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('applications')
    .select('id')
    .where(sql<boolean>`id = ANY (${[...ids]}::uuid[])`)
    .execute();
  return rows.map(({ id }) => id);
}

/** Names of an application's people that sessions, and faces kept for a time, tell; in their order. @param after the last one of the page before */
export async function listNames(
  db: Queries,
  applicationId: string,
  after: string | undefined,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT vendor_data AS name FROM sessions
    WHERE application_id = ${applicationId} AND deleted_at IS NULL AND vendor_data > ${after ?? ''}
    UNION
    SELECT vendor_data FROM face_retentions
    WHERE application_id = ${applicationId} AND vendor_data > ${after ?? ''}
    ORDER BY 1 LIMIT ${limit}`.execute(db);
  return rows.map(({ name }) => name);
}

/** Ids of sessions of nobody that was named, in their order. */
export async function listNameless(
  db: Queries,
  applicationId: string,
  after: string | undefined,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM sessions
    WHERE application_id = ${applicationId} AND deleted_at IS NULL AND vendor_data IS NULL
      AND (${after === undefined} OR id > ${after ?? null}::uuid)
    ORDER BY id LIMIT ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

/** The last session of a person that there was at that time; 0: none. */
export async function lastNumberOf(
  tx: Transaction<Tables>,
  applicationId: string,
  vendorData: string,
  at: Date,
): Promise<number> {
  const row = await tx
    .selectFrom('sessions')
    .select(({ fn }) => fn.max('session_number').as('number'))
    .where('application_id', '=', applicationId)
    .where('vendor_data', '=', vendorData)
    .where('created_at', '<=', at)
    .executeTakeFirst();
  return row?.number ?? 0;
}
