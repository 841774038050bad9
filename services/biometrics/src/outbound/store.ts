import { type Generated, type Kysely, sql } from 'kysely';
import type { RowOwner, SealedTemplate, StoredTemplate, TemplateKind } from '../domain/template.ts';
import { PLAIN_VERSION } from '../domain/template.ts';
import type { FaceListEntriesTable } from '../search/list-store.ts';
import { findKey, type TemplateKeyRow, type TemplateKeysTable } from './key-store.ts';

/** Rows of the schema `biometrics`. */
export interface BiometricsTables {
  biometric_key: { singleton: Generated<boolean>; key_id: string };
  template_keys: TemplateKeysTable;
  templates: {
    application_id: string;
    kind: TemplateKind;
    owner: string;
    subject: string | null;
    session_id: string | null;
    key_id: string;
    key_version: Generated<number>;
    rekey: Generated<boolean>;
    pipeline_version: string;
    embedding_space: string;
    sealed: Buffer;
    created_at: Generated<Date>;
    expires_at: Date | null;
  };
  face_list_entries: FaceListEntriesTable;
  followed_sessions: {
    application_id: string;
    session_id: string;
    sequence: number;
    deleted: boolean;
    expires_at: Date;
  };
}

/** A connection or a transaction; nothing here opens one. */
export type Tables = Kysely<BiometricsTables>;

/** Notes the key's name on an empty database. @returns the name that is noted */
export async function noteKey(db: Tables, keyId: string): Promise<string> {
  await db
    .insertInto('biometric_key')
    .values({ key_id: keyId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await db.selectFrom('biometric_key').select('key_id').executeTakeFirstOrThrow();
  return row.key_id;
}

/** A session as the tables know it. */
export interface SessionKey {
  readonly applicationId: string;
  readonly sessionId: string;
}

/**
 * Keeps a template, replacing the owner's earlier one.
 * @param from.sessionId that it comes from
 * @param from.expiresAt null for a subject's
 * @param from.rekey of a candidate that may only renew what the subject has
 */
export async function putTemplate(
  db: Tables,
  owner: RowOwner,
  template: SealedTemplate,
  from: { sessionId: string; expiresAt: Date | null; rekey?: boolean },
): Promise<void> {
  const content = {
    subject: owner.kind === 'candidate' ? owner.subject : null,
    session_id: from.sessionId,
    key_id: template.keyId,
    key_version: template.keyVersion,
    rekey: from.rekey ?? false,
    pipeline_version: template.pipelineVersion,
    embedding_space: template.embeddingSpace,
    sealed: template.sealed,
    expires_at: from.expiresAt,
  };
  await db
    .insertInto('templates')
    .values({ application_id: owner.applicationId, kind: owner.kind, owner: ownerKey(owner), ...content })
    .onConflict((conflict) =>
      conflict
        .columns(['application_id', 'kind', 'owner'])
        .doUpdateSet({ ...content, created_at: sql<Date>`now()` }),
    )
    .execute();
}

/** The owner's template unless it has expired, with its key as it stands at this moment. */
export async function findTemplate(db: Tables, owner: RowOwner): Promise<StoredTemplate | undefined> {
  const row = await db
    .selectFrom('templates as t')
    .leftJoin('template_keys as k', (join) =>
      join.onRef('k.application_id', '=', 't.application_id').onRef('k.version', '=', 't.key_version'),
    )
    .select(['t.key_id', 't.key_version', 't.pipeline_version', 't.embedding_space', 't.sealed'])
    .select(['k.state', 'k.salt'])
    .where('t.application_id', '=', owner.applicationId)
    .where('t.kind', '=', owner.kind)
    .where('t.owner', '=', ownerKey(owner))
    .where((is) => is.or([is('t.expires_at', 'is', null), is('t.expires_at', '>', sql<Date>`now()`)]))
    .executeTakeFirst();
  return row && storedTemplate(owner.applicationId, row);
}

/** Whether the subject was enrolled under a version before this one, as it stands until the transaction ends. */
export async function holdsOlderTemplate(
  db: Tables,
  { applicationId, subject }: { applicationId: string; subject: string },
  keyVersion: number,
): Promise<boolean> {
  const row = await db
    .selectFrom('templates')
    .select('key_version')
    .where('application_id', '=', applicationId)
    .where('kind', '=', 'subject')
    .where('owner', '=', subject)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined && row.key_version < keyVersion;
}

/** Removes and returns one candidate of a session, unless it has expired. */
export async function takeCandidate(
  db: Tables,
  session: SessionKey,
  candidateId: string,
): Promise<{ subject: string; rekey: boolean; stored: StoredTemplate } | undefined> {
  const row = await db
    .deleteFrom('templates')
    .where('application_id', '=', session.applicationId)
    .where('kind', '=', 'candidate')
    .where('owner', '=', candidateId)
    .where('session_id', '=', session.sessionId)
    .where('expires_at', '>', sql<Date>`now()`)
    .returning(['subject', 'rekey', 'key_id', 'key_version', 'pipeline_version', 'embedding_space', 'sealed'])
    .executeTakeFirst();
  if (row?.subject == null) return undefined;
  const key = await findKey(db, session.applicationId, row.key_version);
  const stored = storedTemplate(session.applicationId, { ...row, state: null, salt: null, ...key });
  return { subject: row.subject, rekey: row.rekey, stored };
}

/** Lets one candidate of a session wait longer. */
export async function retainCandidate(
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
    .where('owner', '=', candidateId)
    .where('session_id', '=', session.sessionId)
    .execute();
}

/** Removes the subject's template if this session enrolled it. @returns whether it did */
export async function dropEnrolled(db: Tables, session: SessionKey): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('templates')
    .where('application_id', '=', session.applicationId)
    .where('kind', '=', 'subject')
    .where('session_id', '=', session.sessionId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Removes a subject's template and every candidate for it. @returns whether there was a template */
export async function dropSubject(db: Tables, applicationId: string, subject: string): Promise<boolean> {
  const dropped = await db
    .deleteFrom('templates')
    .where('application_id', '=', applicationId)
    .where((is) =>
      is.or([is.and([is('kind', '=', 'subject'), is('owner', '=', subject)]), is('subject', '=', subject)]),
    )
    .returning('kind')
    .execute();
  return dropped.some(({ kind }) => kind === 'subject');
}

/** Removes expired templates, `limit` at most. Sweepers of several replicas take different rows. */
export async function dropExpired(db: Tables, limit: number): Promise<number> {
  const result = await sql`
    DELETE FROM templates WHERE (application_id, kind, owner) IN (
      SELECT application_id, kind, owner FROM templates
      WHERE expires_at <= now() LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )`.execute(db);
  return Number(result.numAffectedRows ?? 0);
}

/** What a row is called among those of its kind. */
export function ownerKey(owner: RowOwner): string {
  if (owner.kind === 'subject') return owner.subject;
  return owner.kind === 'candidate' ? owner.candidateId : owner.sessionId;
}

interface TemplateRow {
  key_id: string;
  key_version: number;
  pipeline_version: string;
  embedding_space: string;
  sealed: Buffer;
}

/** The template of a row as it is. */
export function sealedTemplate(row: TemplateRow): SealedTemplate {
  return {
    keyId: row.key_id,
    keyVersion: row.key_version,
    pipelineVersion: row.pipeline_version,
    embeddingSpace: row.embedding_space,
    sealed: row.sealed,
  };
}

/** A row with its key as it stands; null where there is no such version. */
export function storedTemplate(
  applicationId: string,
  row: TemplateRow & Pick<TemplateKeyRow, 'salt'> & { state: TemplateKeyRow['state'] | null },
): StoredTemplate {
  const { state, salt, key_version: version } = row;
  if (version === PLAIN_VERSION) return { state: 'plain', template: sealedTemplate(row) };
  if (state === null || state === 'revoked' || salt === null) return { state: 'revoked' };
  return { state: 'usable', key: { applicationId, version, state, salt }, template: sealedTemplate(row) };
}
