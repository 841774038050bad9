import type { Insertable, Selectable, Updateable } from 'kysely';
import { sql } from 'kysely';
import { covers, type Scope, scopes } from '../domain/scope.ts';
import type { Queries, Tables } from './tables.ts';

/** A consent as it lies in the table. */
export type ConsentRow = Selectable<Tables['consents']>;

export async function insertConsent(db: Queries, row: Insertable<Tables['consents']>): Promise<ConsentRow> {
  return await db.insertInto('consents').values(row).returningAll().executeTakeFirstOrThrow();
}

/** Undefined when this application has none of that id. */
export async function findConsent(
  db: Queries,
  applicationId: string,
  id: string,
): Promise<ConsentRow | undefined> {
  return await own(db, applicationId).where('id', '=', id).executeTakeFirst();
}

/** The one that a link leads to. */
export async function findConsentByToken(db: Queries, tokenSha256: Buffer): Promise<ConsentRow | undefined> {
  return await db
    .selectFrom('consents')
    .selectAll()
    .where('token_sha256', '=', tokenSha256)
    .executeTakeFirst();
}

/** Held until the end of the transaction: nobody else answers it meanwhile, and no share is made by it. */
export async function lockConsent(tx: Queries, id: string): Promise<ConsentRow | undefined> {
  return await tx.selectFrom('consents').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** What a share needs a consent of. */
export interface ConsentWanted {
  readonly applicationId: string;
  readonly sessionId: string;
  readonly audienceId: string;
  readonly purpose: string;
  readonly scope: Scope;
  /** This one and no other. */
  readonly consentId?: string | undefined;
}

/** The given one that lasts longest, held until the end of the transaction: meanwhile it is not withdrawn. */
export async function findGiven(
  tx: Queries,
  wanted: ConsentWanted,
  now: Date,
): Promise<ConsentRow | undefined> {
  let given = own(tx, wanted.applicationId)
    .where('session_id', '=', wanted.sessionId)
    .where('audience_id', '=', wanted.audienceId)
    .where('purpose', '=', wanted.purpose)
    .where(
      'scope',
      'in',
      scopes.filter((scope) => covers(scope, wanted.scope)),
    )
    .where('state', '=', 'given')
    .where('valid_until', '>', now);
  if (wanted.consentId !== undefined) given = given.where('id', '=', wanted.consentId);
  return await given.orderBy('valid_until', 'desc').limit(1).forShare().executeTakeFirst();
}

/** One page of the consents of a session, newest first. */
export async function findConsents(
  db: Queries,
  applicationId: string,
  sessionId: string,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ count: number; consents: ConsentRow[] }> {
  const rows = await own(db, applicationId)
    .where('session_id', '=', sessionId)
    .select(sql<number>`count(*) OVER ()`.as('count'))
    .orderBy('asked_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .offset(offset)
    .execute();
  return { count: rows[0]?.count ?? 0, consents: rows };
}

function own(db: Queries, applicationId: string) {
  return db.selectFrom('consents').selectAll().where('application_id', '=', applicationId);
}

/** Of a row that is held. */
export async function updateConsent(
  tx: Queries,
  id: string,
  change: Updateable<Tables['consents']>,
): Promise<ConsentRow> {
  return await tx
    .updateTable('consents')
    .set(change)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}
