import { sql } from 'kysely';
import type { CandidateUse, RowOwner, SealedTemplate, StoredTemplate } from '../domain/template.ts';
import { PLAIN_VERSION } from '../domain/template.ts';
import { findKey } from './key-store.ts';
import type { Tables, TemplateKeyRow } from './tables.ts';

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

/** The key that the tables were used with, by name; undefined before the first start. */
export async function findNotedKey(db: Tables): Promise<string | undefined> {
  return (await db.selectFrom('biometric_key').select('key_id').executeTakeFirst())?.key_id;
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
 * @param from.use of a candidate; to enrol unless told otherwise
 * @param from.comparedWith of a candidate: `enrolledAt` of the subject's template that it was compared with
 */
export async function putTemplate(
  db: Tables,
  owner: RowOwner,
  template: SealedTemplate,
  from: {
    sessionId: string;
    expiresAt: Date | null;
    use?: CandidateUse;
    comparedWith?: string | undefined;
  },
): Promise<void> {
  const content = {
    subject: owner.kind === 'candidate' ? owner.subject : null,
    session_id: from.sessionId,
    key_id: template.keyId,
    key_version: template.keyVersion,
    ...useColumns(from.use ?? { kind: 'enrol' }),
    compared_with: from.comparedWith ?? null,
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

/** The template of an owner and where it comes from. */
export interface KeptTemplate {
  readonly stored: StoredTemplate;
  readonly sessionId: string | null;
  /**
   * When it was kept, to the microsecond; renewals and adaptations do not change it. Names what was enrolled among all of a
   * subject.
   */
  readonly enrolledAt: string;
  /** What was enrolled then, once the template is another one; of the same key version. */
  readonly anchor: SealedTemplate | undefined;
  /** When a look was blended into it, or it was put back, last. */
  readonly adaptedAt: Date | null;
}

/**
 * The owner's template unless it has expired, with its key as it stands at this moment.
 * @param hold nobody changes it until the transaction ends
 */
export async function findTemplate(
  db: Tables,
  owner: RowOwner,
  { hold = false } = {},
): Promise<KeptTemplate | undefined> {
  const row = await db
    .selectFrom('templates as t')
    .leftJoin('template_keys as k', (join) =>
      join.onRef('k.application_id', '=', 't.application_id').onRef('k.version', '=', 't.key_version'),
    )
    .select(['t.key_id', 't.key_version', 't.pipeline_version', 't.embedding_space', 't.sealed'])
    .select(['k.state', 'k.salt', 't.session_id', sql<string>`t.created_at::text`.as('enrolled_at')])
    .select(['t.adapted_at', 't.anchor', 't.anchor_key_id', 't.anchor_pipeline_version'])
    .where('t.application_id', '=', owner.applicationId)
    .where('t.kind', '=', owner.kind)
    .where('t.owner', '=', ownerKey(owner))
    .where((is) => is.or([is('t.expires_at', 'is', null), is('t.expires_at', '>', sql<Date>`now()`)]))
    .$if(hold, (query) => query.forUpdate('t'))
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const stored = storedTemplate(owner.applicationId, row);
  const { session_id: sessionId, enrolled_at: enrolledAt, adapted_at: adaptedAt } = row;
  return { stored, sessionId, enrolledAt, adaptedAt, anchor: sealedAnchor(row) };
}

/**
 * Lets nobody else enrol or forget a subject until the transaction ends, also while there is no row to hold. To be asked
 * for before rows of the subject are.
 */
export async function holdSubject(db: Tables, subject: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('subject'), hashtext(${subject}))`.execute(db);
}

/**
 * Puts another template of the same person in the place of a subject's; who enrolled it, and when, stays.
 * @param anchor what was enrolled then, of the same key version; undefined when that is the template itself
 * @param how.pauses the next adaptation is as far away as after one
 */
export async function changeTemplate(
  db: Tables,
  owner: Extract<RowOwner, { kind: 'subject' }>,
  { template, anchor }: { template: SealedTemplate; anchor: SealedTemplate | undefined },
  { pauses = false } = {},
): Promise<void> {
  await db
    .updateTable('templates')
    .set({
      key_id: template.keyId,
      key_version: template.keyVersion,
      pipeline_version: template.pipelineVersion,
      embedding_space: template.embeddingSpace,
      sealed: template.sealed,
      anchor: anchor?.sealed ?? null,
      anchor_key_id: anchor?.keyId ?? null,
      anchor_pipeline_version: anchor?.pipelineVersion ?? null,
      ...(pauses ? { adapted_at: sql<Date>`now()` } : {}),
    })
    .where('application_id', '=', owner.applicationId)
    .where('kind', '=', 'subject')
    .where('owner', '=', owner.subject)
    .execute();
}

/** What a look left, to be enrolled. */
export interface Candidate {
  readonly subject: string;
  readonly use: CandidateUse;
  /** `enrolledAt` of the subject's template that it was compared with at its look. */
  readonly comparedWith: string | null;
  readonly stored: StoredTemplate;
}

/** Removes and returns one candidate of a session, unless it has expired. */
export async function takeCandidate(
  db: Tables,
  session: SessionKey,
  candidateId: string,
): Promise<Candidate | undefined> {
  const row = await db
    .deleteFrom('templates')
    .where('application_id', '=', session.applicationId)
    .where('kind', '=', 'candidate')
    .where('owner', '=', candidateId)
    .where('session_id', '=', session.sessionId)
    .where('expires_at', '>', sql<Date>`now()`)
    .returning(['subject', 'rekey', 'adapts', 'grant_id'])
    .returning(['key_id', 'key_version', 'pipeline_version', 'embedding_space', 'sealed'])
    .returning(sql<string | null>`compared_with::text`.as('compared_with'))
    .executeTakeFirst();
  if (row?.subject == null) return undefined;
  const key = await findKey(db, session.applicationId, row.key_version);
  const stored = storedTemplate(session.applicationId, { ...row, state: null, salt: null, ...key });
  return { subject: row.subject, use: useOf(row), comparedWith: row.compared_with, stored };
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

/** Removes a subject's template and every candidate for it. @returns how many of each */
export async function dropSubject(
  db: Tables,
  applicationId: string,
  subject: string,
): Promise<{ templates: number; candidates: number }> {
  const dropped = await db
    .deleteFrom('templates')
    .where('application_id', '=', applicationId)
    .where((is) =>
      is.or([is.and([is('kind', '=', 'subject'), is('owner', '=', subject)]), is('subject', '=', subject)]),
    )
    .returning('kind')
    .execute();
  const templates = dropped.filter(({ kind }) => kind === 'subject').length;
  return { templates, candidates: dropped.length - templates };
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

/** Releases that do not know what a candidate is for find that it renews nothing, and drop it. */
function useColumns(use: CandidateUse) {
  return {
    rekey: use.kind !== 'enrol',
    adapts: use.kind === 'adapt',
    grant_id: use.kind === 'grant' ? use.grantId : null,
  };
}

function useOf(row: { rekey: boolean; adapts: boolean; grant_id: string | null }): CandidateUse {
  if (row.grant_id !== null) return { kind: 'grant', grantId: row.grant_id };
  if (row.adapts) return { kind: 'adapt' };
  return { kind: row.rekey ? 'renew' : 'enrol' };
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

function sealedAnchor(
  row: TemplateRow & {
    anchor: Buffer | null;
    anchor_key_id: string | null;
    anchor_pipeline_version: string | null;
  },
): SealedTemplate | undefined {
  const { anchor: sealed, anchor_key_id: keyId, anchor_pipeline_version: pipelineVersion } = row;
  if (sealed === null || keyId === null || pipelineVersion === null) return undefined;
  return { ...sealedTemplate(row), keyId, pipelineVersion, sealed };
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
