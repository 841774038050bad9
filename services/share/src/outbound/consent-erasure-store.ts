import { sql } from 'kysely';
import type { Queries } from './tables.ts';

/** Somebody who is to be erased, as far as this service knows them. */
export interface ErasedPerson {
  readonly applicationId: string;
  /** null where nobody is named. */
  readonly subjectHash: Buffer | null;
  /** As session tells it; empty when it does not. */
  readonly userPid: string;
  readonly sessionIds: readonly string[];
  /** What came later is about somebody new. */
  readonly before: Date;
}

/** The pseudonyms of a person, and sessions of theirs that were deleted before them. */
export async function findOtherSessions(
  tx: Queries,
  { applicationId, subjectHash, userPid, sessionIds, before }: ErasedPerson,
): Promise<{ sessionIds: string[]; userPids: string[] }> {
  const sessions = sql`ANY (${[...sessionIds]}::uuid[])`;
  const { rows } = await sql<{ session_id: string; user_pid: string }>`
    WITH pids AS (
      SELECT user_pid FROM consents WHERE application_id = ${applicationId}
        AND (session_id = ${sessions} OR (subject_hash = ${subjectHash}::bytea AND asked_at <= ${before}))
      UNION SELECT user_pid FROM shares WHERE from_application_id = ${applicationId} AND session_id = ${sessions}
      UNION SELECT ${userPid}::text
    )
    SELECT session_id, user_pid FROM consents JOIN pids USING (user_pid)
    WHERE application_id = ${applicationId} AND (asked_at <= ${before} OR session_id = ${sessions})
    UNION SELECT session_id, user_pid FROM shares JOIN pids USING (user_pid)
    WHERE from_application_id = ${applicationId} AND (created_at <= ${before} OR session_id = ${sessions})`.execute(
    tx,
  );
  return {
    sessionIds: [...new Set(rows.map((row) => row.session_id))],
    userPids: [...new Set(rows.map((row) => row.user_pid))],
  };
}

/** Their signed cores stay. @returns which there were */
export async function deleteConsents(
  tx: Queries,
  { applicationId, subjectHash, sessionIds, before }: ErasedPerson,
): Promise<{ ids: string[]; userPids: string[] }> {
  const { rows } = await sql<{ id: string; user_pid: string }>`
    DELETE FROM consents WHERE application_id = ${applicationId} AND (
      session_id = ANY (${[...sessionIds]}::uuid[]) OR (subject_hash = ${subjectHash}::bytea AND asked_at <= ${before})
    ) RETURNING id, user_pid`.execute(tx);
  return { ids: rows.map(({ id }) => id), userPids: [...new Set(rows.map((row) => row.user_pid))] };
}

/** Those of a session that nobody has agreed to: still asked, or refused. */
export async function deleteUngivenConsents(
  tx: Queries,
  { applicationId, sessionId }: { readonly applicationId: string; readonly sessionId: string },
): Promise<void> {
  await tx
    .deleteFrom('consents')
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .where('state', 'in', ['asked', 'refused'])
    .execute();
}

/** Those of a session that somebody has agreed to allow nothing any more; they are held until the end of the transaction. */
export async function endGivenConsents(
  tx: Queries,
  { applicationId, sessionId }: { readonly applicationId: string; readonly sessionId: string },
): Promise<void> {
  await tx
    .updateTable('consents')
    .set({ state: 'ended' })
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .where('state', '=', 'given')
    .execute();
}

/** Consents that nothing rests on any more. @param limit of rows at once @returns how many */
export async function deleteOldConsents(
  db: Queries,
  before: { readonly ungiven: Date; readonly given: Date },
  limit: number,
): Promise<number> {
  const { rows } = await sql`
    DELETE FROM consents WHERE id IN (
      SELECT id FROM consents
      WHERE (state IN ('asked', 'refused') AND answer_by < ${before.ungiven}) OR valid_until < ${before.given}
      LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ) RETURNING 1`.execute(db);
  return rows.length;
}
