import { sql } from 'kysely';
import type { Tables } from './tables.ts';
import type { SessionKey } from './template-store.ts';

/**
 * Notes that a status of a session is being followed, and holds the session until the transaction ends, so that two of
 * its statuses are never followed at once.
 * @returns whether a later status was followed before, or the session was deleted
 */
export async function followSession(
  db: Tables,
  session: SessionKey,
  status: { sequence: number; deleted: boolean; expiresAt: Date },
): Promise<{ stale: boolean }> {
  const { sequence, deleted, expiresAt } = status;
  const row = await db
    .insertInto('followed_sessions')
    .values({
      application_id: session.applicationId,
      session_id: session.sessionId,
      sequence,
      deleted,
      expires_at: expiresAt,
    })
    .onConflict((conflict) =>
      conflict.columns(['application_id', 'session_id']).doUpdateSet({
        sequence: sql`greatest(followed_sessions.sequence, excluded.sequence)`,
        deleted: sql`followed_sessions.deleted OR excluded.deleted`,
        expires_at: sql`excluded.expires_at`,
      }),
    )
    .returning(['sequence', 'deleted'])
    .executeTakeFirstOrThrow();
  return { stale: row.deleted || sequence < row.sequence };
}

/** Lets every candidate of a session expire at this time at the latest, but for the one that is named. */
export async function dismissOthers(
  db: Tables,
  session: SessionKey,
  candidateId: string,
  expiresAt: Date,
): Promise<void> {
  await db
    .updateTable('templates')
    .set({ expires_at: expiresAt })
    .where('application_id', '=', session.applicationId)
    .where('kind', '=', 'candidate')
    .where('session_id', '=', session.sessionId)
    .where('owner', '!=', candidateId)
    .where('expires_at', '>', expiresAt)
    .execute();
}

/** Removes what is bound to a session. */
export async function dropSession(db: Tables, session: SessionKey): Promise<void> {
  await db
    .deleteFrom('templates')
    .where('application_id', '=', session.applicationId)
    .where('kind', 'in', ['reference', 'candidate'])
    .where('session_id', '=', session.sessionId)
    .execute();
}

/** Removes what looks that were under way have left to sessions deleted meanwhile. @returns how many */
export async function dropOfDeleted(db: Tables): Promise<number> {
  const result = await sql`
    DELETE FROM templates AS t USING followed_sessions AS f
    WHERE f.deleted AND t.application_id = f.application_id AND t.session_id = f.session_id
      AND t.kind IN ('reference', 'candidate')`.execute(db);
  return Number(result.numAffectedRows ?? 0);
}

/** Forgets how far sessions were followed, when nothing late can come any more. */
export async function dropFollowed(db: Tables): Promise<void> {
  await db.deleteFrom('followed_sessions').where('expires_at', '<=', sql<Date>`now()`).execute();
}
