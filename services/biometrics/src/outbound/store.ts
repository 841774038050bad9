import { type Generated, type Kysely, sql } from 'kysely';
import type { SealedTemplate, TemplateKind, TemplateOwner } from '../domain/template.ts';

/** Rows of the schema `biometrics`. */
export interface BiometricsTables {
  biometric_key: { singleton: Generated<boolean>; key_id: string };
  templates: {
    application_id: string;
    kind: TemplateKind;
    owner: string;
    subject: string | null;
    key_id: string;
    pipeline_version: string;
    embedding_space: string;
    sealed: Buffer;
    created_at: Generated<Date>;
    expires_at: Date | null;
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

/** Keeps a template, replacing the owner's earlier one. @param expiresAt null for a subject's */
export async function putTemplate(
  db: Tables,
  owner: TemplateOwner,
  template: SealedTemplate,
  expiresAt: Date | null,
): Promise<void> {
  const content = {
    subject: owner.kind === 'candidate' ? owner.subject : null,
    key_id: template.keyId,
    pipeline_version: template.pipelineVersion,
    embedding_space: template.embeddingSpace,
    sealed: template.sealed,
    expires_at: expiresAt,
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

/** The owner's template unless it has expired. */
export async function findTemplate(db: Tables, owner: TemplateOwner): Promise<SealedTemplate | undefined> {
  const row = await db
    .selectFrom('templates')
    .select(['key_id', 'pipeline_version', 'embedding_space', 'sealed'])
    .where('application_id', '=', owner.applicationId)
    .where('kind', '=', owner.kind)
    .where('owner', '=', ownerKey(owner))
    .where((is) => is.or([is('expires_at', 'is', null), is('expires_at', '>', sql<Date>`now()`)]))
    .executeTakeFirst();
  return row && sealedTemplate(row);
}

/** Removes and returns a session's candidate, unless it is younger than `notAfter`. */
export async function takeCandidate(
  db: Tables,
  session: { applicationId: string; sessionId: string },
  notAfter: Date,
): Promise<{ subject: string; template: SealedTemplate } | undefined> {
  const row = await db
    .deleteFrom('templates')
    .where('application_id', '=', session.applicationId)
    .where('kind', '=', 'candidate')
    .where('owner', '=', session.sessionId)
    .where('created_at', '<=', notAfter)
    .returning(['subject', 'key_id', 'pipeline_version', 'embedding_space', 'sealed'])
    .executeTakeFirst();
  return row?.subject == null ? undefined : { subject: row.subject, template: sealedTemplate(row) };
}

/** Removes what is bound to a session. */
export async function dropSession(
  db: Tables,
  session: { applicationId: string; sessionId: string },
): Promise<void> {
  await db
    .deleteFrom('templates')
    .where('application_id', '=', session.applicationId)
    .where('kind', 'in', ['reference', 'candidate'])
    .where('owner', '=', session.sessionId)
    .execute();
}

/** Removes a subject's template and every candidate for it. */
export async function dropSubject(db: Tables, applicationId: string, subject: string): Promise<void> {
  await db
    .deleteFrom('templates')
    .where('application_id', '=', applicationId)
    .where((is) =>
      is.or([is.and([is('kind', '=', 'subject'), is('owner', '=', subject)]), is('subject', '=', subject)]),
    )
    .execute();
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

function ownerKey(owner: TemplateOwner): string {
  return owner.kind === 'subject' ? owner.subject : owner.sessionId;
}

function sealedTemplate(row: {
  key_id: string;
  pipeline_version: string;
  embedding_space: string;
  sealed: Buffer;
}): SealedTemplate {
  return {
    keyId: row.key_id,
    pipelineVersion: row.pipeline_version,
    embeddingSpace: row.embedding_space,
    sealed: row.sealed,
  };
}
