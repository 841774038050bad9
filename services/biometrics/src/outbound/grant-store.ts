import { sql } from 'kysely';
import type { StoredTemplate } from '../domain/template.ts';
import type { SubjectKey } from './history-store.ts';
import type { Tables } from './tables.ts';
import type { SessionKey } from './template-store.ts';
import { storedTemplate } from './template-store.ts';

/** Looks of `to` may be compared with the template of `from`. */
export interface Grant {
  /** UUID */
  readonly grantId: string;
  readonly shareId: string;
  readonly from: SubjectKey;
  readonly to: SubjectKey;
  readonly expiresAt: Date;
  /** Nothing is compared by it until it is released. */
  readonly held: boolean;
}

/** More than of one share is never open; a subject may have been imported from several. */
const OPEN_MAX = 10;

/** Looks of its session that are compared by one grant: a person who is not recognised at once may try again. */
const COMPARISONS_MAX = 3;

/** A share is over for good: so long may somebody come late with a grant of it. */
const ENDED_KEPT_DAYS = 30;

/** Lets nobody else grant by a share, or end it, until the transaction ends. */
export async function holdShare(db: Tables, shareId: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('share'), hashtext(${shareId}))`.execute(db);
}

/** Keeps a grant; again, it stays what it is, used or not. */
export async function putGrant(db: Tables, grant: Grant): Promise<void> {
  const { grantId, shareId, from, to, expiresAt, held } = grant;
  await db
    .insertInto('reference_grants')
    .values({
      grant_id: grantId,
      share_id: shareId,
      from_application_id: from.applicationId,
      from_subject: from.subject,
      to_application_id: to.applicationId,
      to_subject: to.subject,
      expires_at: expiresAt,
      held,
    })
    .onConflict((conflict) => conflict.column('grant_id').doNothing())
    .execute();
}

/** A template that somebody may be compared with. */
export interface GrantedTemplate {
  readonly grantId: string;
  readonly from: SubjectKey;
  readonly stored: StoredTemplate;
}

/** Whether looks of a session may be compared by a grant `g`; without one, those of a session that is still to come. */
const isOpenTo = (sessionId: string | null) => sql<boolean>`
  g.used_at IS NULL AND g.expires_at > now() AND NOT g.held AND g.compared < ${COMPARISONS_MAX}::integer
  AND (g.used_session IS NULL OR g.used_session = ${sessionId}::text)`;

/**
 * What a subject may be compared with by grants that are open, with keys as they stand at this moment: the session's own
 * grant first, then the latest.
 * @param sessionId whose looks; null: of a session that is still to come
 */
export async function findGranted(
  db: Tables,
  to: SubjectKey,
  sessionId: string | null,
): Promise<GrantedTemplate[]> {
  const rows = await db
    .selectFrom('reference_grants as g')
    .innerJoin('templates as t', (join) =>
      join
        .onRef('t.application_id', '=', 'g.from_application_id')
        .onRef('t.owner', '=', 'g.from_subject')
        .on('t.kind', '=', 'subject'),
    )
    .leftJoin('template_keys as k', (join) =>
      join.onRef('k.application_id', '=', 't.application_id').onRef('k.version', '=', 't.key_version'),
    )
    .select(['g.grant_id', 'g.from_application_id', 'g.from_subject'])
    .select(['t.key_id', 't.key_version', 't.pipeline_version', 't.embedding_space', 't.sealed'])
    .select(['k.state', 'k.salt'])
    .where('g.to_application_id', '=', to.applicationId)
    .where('g.to_subject', '=', to.subject)
    .where(isOpenTo(sessionId))
    .orderBy(sql`g.used_session IS NULL`)
    .orderBy('g.created_at', 'desc')
    .limit(OPEN_MAX)
    .execute();
  return rows.map((row) => {
    const from = { applicationId: row.from_application_id, subject: row.from_subject };
    return { grantId: row.grant_id, from, stored: storedTemplate(from.applicationId, row) };
  });
}

/**
 * Takes one comparison by a grant, which is of this session from then on.
 * @returns false when it is another session's meanwhile, used up or over: nothing may be compared
 */
export async function claimComparison(db: Tables, grantId: string, sessionId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('reference_grants as g')
    .set({ used_session: sessionId, compared: sql<number>`g.compared + 1` })
    .where('g.grant_id', '=', grantId)
    .where(isOpenTo(sessionId))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Uses a grant up for good: a look of its session enrols. @returns whether it was that session's, and open until now */
export async function takeGrant(
  db: Tables,
  grantId: string,
  { to, sessionId }: { to: SubjectKey; sessionId: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('reference_grants')
    .set({ used_at: sql<Date>`now()` })
    .where('grant_id', '=', grantId)
    .where('to_application_id', '=', to.applicationId)
    .where('to_subject', '=', to.subject)
    .where('used_session', '=', sessionId)
    .where('used_at', 'is', null)
    .where('held', '=', false)
    .where('expires_at', '>', sql<Date>`now()`)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Whether a share was ended. */
export async function isShareEnded(db: Tables, shareId: string): Promise<boolean> {
  const row = await db
    .selectFrom('ended_shares')
    .select('share_id')
    .where('share_id', '=', shareId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Ends a share: its grants go, and none comes any more. */
export async function dropShare(db: Tables, shareId: string): Promise<void> {
  await db
    .insertInto('ended_shares')
    .values({ share_id: shareId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await db.deleteFrom('reference_grants').where('share_id', '=', shareId).execute();
}

/** Lets the grant of an import wait for its approval, or no longer. */
export async function setHeld(
  db: Tables,
  { applicationId, sessionId }: SessionKey,
  held: boolean,
): Promise<void> {
  await db
    .updateTable('reference_grants')
    .set({ held })
    .where('grant_id', '=', sessionId)
    .where('to_application_id', '=', applicationId)
    .execute();
}

/** Removes the grant of an import. */
export async function dropGrant(db: Tables, { applicationId, sessionId }: SessionKey): Promise<void> {
  await db
    .deleteFrom('reference_grants')
    .where('grant_id', '=', sessionId)
    .where('to_application_id', '=', applicationId)
    .execute();
}

/** Removes every grant that names a subject, on either side. @returns how many */
export async function dropGrantsOf(db: Tables, { applicationId, subject }: SubjectKey): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('reference_grants')
    .where((is) =>
      is.or([
        is.and([is('from_application_id', '=', applicationId), is('from_subject', '=', subject)]),
        is.and([is('to_application_id', '=', applicationId), is('to_subject', '=', subject)]),
      ]),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Removes the grants of what lies under a key version. */
export async function dropGrantsUnder(db: Tables, applicationId: string, version: number): Promise<void> {
  await sql`
    DELETE FROM reference_grants AS g USING templates AS t
    WHERE g.from_application_id = ${applicationId} AND t.application_id = ${applicationId}
      AND t.kind = 'subject' AND t.owner = g.from_subject AND t.key_version = ${version}`.execute(db);
}

/** Removes what has expired. @returns how many grants */
export async function dropExpiredGrants(db: Tables): Promise<number> {
  await sql`DELETE FROM ended_shares WHERE ended_at < now() - make_interval(days => ${ENDED_KEPT_DAYS}::integer)`.execute(
    db,
  );
  const { numDeletedRows } = await db
    .deleteFrom('reference_grants')
    .where('expires_at', '<=', sql<Date>`now()`)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
