import { type Selectable, sql } from 'kysely';
import type { Tables, TemplateHistoryTable } from './tables.ts';
import type { SessionKey } from './template-store.ts';

/** More changes than a subject's template sees in three months. */
const ROWS_MAX = 100;

export type HistoryRow = Selectable<TemplateHistoryTable>;

/** A subject as the tables know them. */
export interface SubjectKey {
  readonly applicationId: string;
  readonly subject: string;
}

/** What became of a subject's template. Scores 0..100, undefined when there was nothing to compare with. */
export interface Change {
  readonly kind: HistoryRow['kind'];
  readonly sessionId: string | null;
  readonly scores?: {
    readonly look?: number | undefined;
    readonly previous?: number | undefined;
    readonly anchor?: number | undefined;
  };
}

/** Notes a change, and forgets the oldest beyond a hundred. */
export async function noteChange(
  db: Tables,
  { applicationId, subject }: SubjectKey,
  { kind, sessionId, scores = {} }: Change,
): Promise<void> {
  const { look = null, previous = null, anchor = null } = scores;
  await sql`
    WITH oldest AS (
      SELECT position FROM template_history WHERE application_id = ${applicationId} AND subject = ${subject}
      ORDER BY position DESC OFFSET ${ROWS_MAX - 1}
    ), forgotten AS (
      DELETE FROM template_history WHERE position IN (SELECT position FROM oldest)
    )
    INSERT INTO template_history
      (application_id, subject, kind, session_id, look_similarity, previous_similarity, anchor_similarity)
    VALUES (${applicationId}, ${subject}, ${kind}, ${sessionId}, ${look}, ${previous}, ${anchor})`.execute(
    db,
  );
}

/** Changes of a subject's template, newest first; a hundred at most. */
export function readHistory(db: Tables, { applicationId, subject }: SubjectKey): Promise<HistoryRow[]> {
  return db
    .selectFrom('template_history')
    .selectAll()
    .where('application_id', '=', applicationId)
    .where('subject', '=', subject)
    .orderBy('position', 'desc')
    .execute();
}

/** Whether a look of the session is in the subject's template: it changed it, and nothing has undone that since. */
export async function hasChanged(
  db: Tables,
  { applicationId, subject }: SubjectKey,
  { sessionId }: SessionKey,
): Promise<boolean> {
  const { rows } = await sql<{ changed: boolean }>`
    SELECT EXISTS (
      SELECT FROM template_history AS h
      WHERE h.application_id = ${applicationId} AND h.subject = ${subject} AND h.session_id = ${sessionId}
        AND h.kind IN ('adapted', 'renewed') AND NOT EXISTS (
          SELECT FROM template_history AS later
          WHERE later.application_id = h.application_id AND later.subject = h.subject
            AND later.position > h.position AND later.kind IN ('enrolled', 'granted', 'reverted')
        )
    ) AS changed`.execute(db);
  return rows[0]?.changed ?? false;
}
