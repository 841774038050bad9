import { sql } from 'kysely';
import type { Tables } from './tables.ts';

/** A person whose name stands for somebody new after `before`. */
export interface FormerSubject {
  readonly applicationId: string;
  /** As owners of templates are named. */
  readonly subject: string;
  /** All of theirs. */
  readonly sessionIds: readonly string[];
  readonly before: Date;
}

/** Removes the subject's template, its history included, and candidates for it. @returns how many of each */
export async function dropFormerTemplates(
  db: Tables,
  { applicationId, subject, sessionIds, before }: FormerSubject,
): Promise<{ templates: number; candidates: number }> {
  const { rows } = await sql<{ kind: string }>`
    DELETE FROM templates
    WHERE application_id = ${applicationId} AND ((kind = 'subject' AND owner = ${subject}) OR subject = ${subject})
      AND (created_at <= ${before} OR session_id = ANY (${[...sessionIds]}::text[]))
    RETURNING kind`.execute(db);
  const templates = rows.filter(({ kind }) => kind === 'subject').length;
  return { templates, candidates: rows.length - templates };
}

/** Removes grants to the subject, and those that others have of the subject's template. @returns how many */
export async function dropFormerGrants(
  db: Tables,
  { applicationId, subject, before }: FormerSubject,
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    DELETE FROM reference_grants
    WHERE created_at <= ${before} AND (
      (from_application_id = ${applicationId} AND from_subject = ${subject})
      OR (to_application_id = ${applicationId} AND to_subject = ${subject}))`.execute(db);
  return Number(numAffectedRows);
}

/** Faces on blocklists stay, and name no session any more. @returns how many were copies of faces of these */
export async function forgetSourceOfFaces(
  db: Tables,
  applicationId: string,
  sessionIds: readonly string[],
): Promise<number> {
  const { rows } = await sql<{ kind: string }>`
    UPDATE face_list_entries SET session_id = NULL
    WHERE application_id = ${applicationId} AND session_id = ANY (${[...sessionIds]}::text[])
    RETURNING kind`.execute(db);
  return rows.filter(({ kind }) => kind === 'blocklist').length;
}

/** How many pictures of these have objects that are still to go. */
export async function countImages(
  db: Tables,
  applicationId: string,
  sessionIds: readonly string[],
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) FROM kept_images
    WHERE application_id = ${applicationId} AND session_id = ANY (${[...sessionIds]}::text[])`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Keeps a confirmation until the pictures are gone; the first one stays. */
export async function putWaiting(
  db: Tables,
  waiting: { erasureId: string; applicationId: string; sessionIds: readonly string[]; confirmation: Buffer },
): Promise<void> {
  await db
    .insertInto('waiting_erasures')
    .values({
      erasure_id: waiting.erasureId,
      application_id: waiting.applicationId,
      session_ids: [...waiting.sessionIds],
      confirmation: waiting.confirmation,
    })
    .onConflict((conflict) => conflict.column('erasure_id').doNothing())
    .execute();
}

/** Takes the confirmations whose pictures have gone. Those that another replica has locked are its business. */
export async function takeFinished(db: Tables): Promise<Buffer[]> {
  const { rows } = await sql<{ confirmation: Buffer }>`
    DELETE FROM waiting_erasures WHERE erasure_id IN (
      SELECT erasure_id FROM waiting_erasures AS w
      WHERE NOT EXISTS (
        SELECT FROM kept_images AS i
        WHERE i.application_id = w.application_id AND i.session_id = ANY (w.session_ids)
      )
      FOR UPDATE SKIP LOCKED
    ) RETURNING confirmation`.execute(db);
  return rows.map(({ confirmation }) => confirmation);
}
