import { sql } from 'kysely';
import type { Queries } from './tables.ts';

/**
 * Erases a person from the lists of an application. On blocklists what they are found by stays, as a keyed hash or as a
 * template of biometrics, and everything that can be read of them goes; whatever else they are on lets them go.
 * @param subjectKey the match key of their vendor_data
 * @param before entries that were made later are about somebody new
 * @returns how many have gone, and how many stay without a value
 */
export async function eraseSubject(
  tx: Queries,
  applicationId: string,
  subjectKey: Buffer,
  before?: Date,
): Promise<{ listEntries: number; blocklistEntries: number }> {
  const theirs = sql`
    e.list_id = l.id AND e.application_id = ${applicationId}
    AND (e.subject_key = ${subjectKey} OR e.match_key = ${subjectKey})
    AND e.created_at <= coalesce(${before ?? null}::timestamptz, 'infinity')`;
  const blocked = await sql`
    UPDATE list_entries e SET sealed = NULL, value = NULL, display_label = NULL, comment = NULL, metadata = NULL, subject_key = NULL,
      reference_session_id = NULL, reference_session_number = NULL, reference_object_uuid = NULL
    FROM lists l WHERE ${theirs} AND l.list_type = 'blocklist'`.execute(tx);
  const faces = await sql`
    UPDATE list_entries e SET state = 'dropping', due_at = now()
    FROM lists l WHERE ${theirs} AND l.list_type <> 'blocklist' AND l.entry_type = 'face'`.execute(tx);
  const others = await sql`
    DELETE FROM list_entries e
    USING lists l WHERE ${theirs} AND l.list_type <> 'blocklist' AND l.entry_type <> 'face'`.execute(tx);
  return {
    listEntries: Number(faces.numAffectedRows ?? 0n) + Number(others.numAffectedRows ?? 0n),
    blocklistEntries: Number(blocked.numAffectedRows ?? 0n),
  };
}

/** Entries that were made from a session stay, and name it no more. */
export async function forgetSession(tx: Queries, applicationId: string, sessionId: string): Promise<void> {
  await tx
    .updateTable('list_entries')
    .set({ reference_session_id: null, reference_session_number: null })
    .where('reference_session_id', '=', sessionId)
    .where('application_id', '=', applicationId)
    .execute();
}
