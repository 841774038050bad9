import { sql } from 'kysely';
import { PLAIN_VERSION, type RowOwner, type SealedTemplate } from '../domain/template.ts';
import type { Tables } from './tables.ts';
import { ownerKey, sealedTemplate } from './template-store.ts';

/** A row that an earlier release wrote: an embedding, sealed as it was. */
export interface PlainRow {
  readonly owner: RowOwner;
  readonly template: SealedTemplate;
}

/**
 * Locks the next rows of earlier releases after the one given, `limit` at most, in the order of the key. Rows that
 * another replica has locked are its business.
 */
export async function takePlain(db: Tables, after: RowOwner | undefined, limit: number): Promise<PlainRow[]> {
  const rows = await db
    .selectFrom('templates')
    .select(['application_id', 'kind', 'owner', 'subject', 'session_id'])
    .select(['key_id', 'key_version', 'pipeline_version', 'embedding_space', 'sealed'])
    .where('key_version', '=', PLAIN_VERSION)
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(application_id, kind, owner) > (${after?.applicationId}, ${after?.kind}, ${after && ownerKey(after)})`,
      ),
    )
    .orderBy('application_id')
    .orderBy('kind')
    .orderBy('owner')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  return rows.map((row) => ({ owner: rowOwner(row), template: sealedTemplate(row) }));
}

/**
 * Whether so many minutes have passed since the schema knows protected templates. Until then replicas of the release
 * before it may run, which cannot read them. One moment for all replicas, on the clock of the database.
 */
export async function conversionIsDue(db: Tables, afterMinutes: number): Promise<boolean> {
  const { rows } = await sql<{ due: boolean }>`
    SELECT now() >= applied_at + make_interval(mins => ${afterMinutes}::integer) AS due
    FROM schema_migrations WHERE name = '0003-template-keys'`.execute(db);
  return rows[0]?.due ?? false;
}

/** Puts the protected form of a template in the place of the plain one. */
export async function replacePlain(db: Tables, owner: RowOwner, template: SealedTemplate): Promise<void> {
  await db
    .updateTable('templates')
    .set({ key_version: template.keyVersion, sealed: template.sealed })
    .where('application_id', '=', owner.applicationId)
    .where('kind', '=', owner.kind)
    .where('owner', '=', ownerKey(owner))
    .execute();
}

function rowOwner(row: {
  application_id: string;
  kind: RowOwner['kind'];
  owner: string;
  subject: string | null;
  session_id: string | null;
}): RowOwner {
  const { application_id: applicationId, kind, owner } = row;
  if (kind === 'subject') return { kind, applicationId, subject: owner };
  if (kind === 'reference') return { kind, applicationId, sessionId: owner };
  const [sessionId, subject] = [row.session_id ?? '', row.subject ?? ''];
  return { kind, applicationId, sessionId, candidateId: owner, subject };
}
