import { sql } from 'kysely';
import type { Tables } from './tables.ts';

/** A subject's template as it may be told of: nothing of the face, and no name. */
export interface EnrolledRow {
  readonly templateUuid: string;
  /** Owner of the row: keyed hash of the subject. */
  readonly subject: string;
  /** Of the last verified enrolment. */
  readonly enrolledAt: Date;
  /** When a look was blended into it last; null while it is what was enrolled. */
  readonly adaptedAt: Date | null;
  readonly keyVersion: number;
  /** Its key was revoked: nothing is left but that somebody was enrolled. */
  readonly revoked: boolean;
  /** That enrolled it; null of a release that did not note it. */
  readonly sessionId: string | null;
}

/** Which of an application's templates. */
export interface EnrolledFilter {
  readonly applicationId: string;
  readonly subject?: string | undefined;
  readonly templateUuid?: string | undefined;
}

/** One page of an application's enrolled templates, newest enrolment first. */
export async function readEnrolled(
  db: Tables,
  filter: EnrolledFilter,
  { limit, offset }: { limit: number; offset: number },
): Promise<EnrolledRow[]> {
  const rows = await matching(db, filter)
    .leftJoin('template_keys as k', (join) =>
      join.onRef('k.application_id', '=', 't.application_id').onRef('k.version', '=', 't.key_version'),
    )
    .select(['t.template_uuid', 't.owner', 't.created_at', 't.key_version', 't.session_id'])
    .select(sql<Date | null>`CASE WHEN t.anchor IS NULL THEN NULL ELSE t.adapted_at END`.as('adapted_at'))
    .select(sql<boolean>`coalesce(k.state = 'revoked', false)`.as('revoked'))
    .orderBy('t.created_at', 'desc')
    .orderBy('t.template_uuid')
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map((row) => ({
    templateUuid: row.template_uuid,
    subject: row.owner,
    enrolledAt: row.created_at,
    adaptedAt: row.adapted_at,
    keyVersion: row.key_version,
    revoked: row.revoked,
    sessionId: row.session_id,
  }));
}

/** How many there are. */
export async function countEnrolled(db: Tables, filter: EnrolledFilter): Promise<number> {
  const { count } = await matching(db, filter)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/**
 * Which of these subjects have a template that compares, or would with today's embedder.
 * @param subjects keyed hashes, each of its application
 * @returns their applications
 */
export async function findHolders(
  db: Tables,
  subjects: readonly { readonly applicationId: string; readonly subject: string }[],
): Promise<Set<string>> {
  const { rows } = await sql<{ application_id: string }>`
    SELECT t.application_id
    FROM unnest(${subjects.map(({ applicationId }) => applicationId)}::text[],
        ${subjects.map(({ subject }) => subject)}::text[]) AS asked (application_id, subject)
      JOIN templates t ON t.application_id = asked.application_id AND t.kind = 'subject' AND t.owner = asked.subject
      LEFT JOIN template_keys k ON k.application_id = t.application_id AND k.version = t.key_version
    WHERE t.key_version = 0 OR k.state <> 'revoked'`.execute(db);
  return new Set(rows.map((row) => row.application_id));
}

function matching(db: Tables, { applicationId, subject, templateUuid }: EnrolledFilter) {
  return db
    .selectFrom('templates as t')
    .where('t.application_id', '=', applicationId)
    .where('t.kind', '=', 'subject')
    .$if(subject !== undefined, (query) => query.where('t.owner', '=', subject ?? ''))
    .$if(templateUuid !== undefined, (query) => query.where('t.template_uuid', '=', templateUuid ?? ''));
}
