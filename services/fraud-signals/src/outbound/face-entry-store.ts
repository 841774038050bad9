import { sql } from 'kysely';
import type { Queries } from './tables.ts';

/** A face on a list, as biometrics knows it. */
export interface FaceEntry {
  readonly applicationId: string;
  readonly listId: string;
  readonly entryId: string;
}

/** Biometrics has the face: the entry counts. @returns false when it was given up meanwhile */
export async function activateFace(db: Queries, entryId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('list_entries')
    .set({ state: 'active', due_at: null })
    .where('id', '=', entryId)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Nothing came of it, and biometrics has nothing. */
export async function deletePendingFace(db: Queries, entryId: string): Promise<void> {
  await db.deleteFrom('list_entries').where('id', '=', entryId).where('state', '=', 'pending').execute();
}

/** The entry counts no more; biometrics is to be told at the latest by `dueAt`. */
export async function giveUpFace(db: Queries, entryId: string, dueAt: Date): Promise<void> {
  const change = { state: 'dropping', due_at: dueAt } as const;
  await db.updateTable('list_entries').set(change).where('id', '=', entryId).execute();
}

/** Takes faces that wait to be let go, `limit` at most. Replicas take different ones; who fails leaves them for `retryMs`. */
export async function claimDueFaces(db: Queries, limit: number, retryMs: number): Promise<FaceEntry[]> {
  const { rows } = await sql<{ id: string; list_id: string; application_id: string }>`
    UPDATE list_entries SET state = 'dropping', due_at = now() + make_interval(secs => ${retryMs / 1_000})
    WHERE id IN (
      SELECT id FROM list_entries WHERE due_at <= now() ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )
    RETURNING id, list_id, application_id`.execute(db);
  return rows.map((row) => ({ applicationId: row.application_id, listId: row.list_id, entryId: row.id }));
}
