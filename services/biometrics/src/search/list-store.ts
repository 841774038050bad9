import { type Generated, sql } from 'kysely';
import type { RowOwner, SealedTemplate, StoredTemplate } from '../domain/template.ts';
import { type SessionKey, storedTemplate, type Tables } from '../outbound/store.ts';

/** Faces on lists. The trigger of the table keeps row_id and changed_in. */
export interface FaceListEntriesTable {
  application_id: string;
  list_id: string;
  entry_id: string;
  kind: 'blocklist' | 'allowlist';
  session_id: string | null;
  key_id: string;
  key_version: number;
  pipeline_version: string;
  embedding_space: string;
  sealed: Buffer;
  created_at: Generated<Date>;
}

/** An entry of a face list, as the application's lists name it. */
export interface ListEntry {
  readonly applicationId: string;
  readonly listId: string;
  readonly entryId: string;
  readonly kind: FaceListEntriesTable['kind'];
}

/** @param sessionId whose face it is a copy of; null when it came as a picture */
export async function putListEntry(
  db: Tables,
  { applicationId, listId, entryId, kind }: ListEntry,
  template: SealedTemplate,
  sessionId: string | null,
): Promise<void> {
  const content = {
    kind,
    session_id: sessionId,
    key_id: template.keyId,
    key_version: template.keyVersion,
    pipeline_version: template.pipelineVersion,
    embedding_space: template.embeddingSpace,
    sealed: template.sealed,
  };
  await db
    .insertInto('face_list_entries')
    .values({ application_id: applicationId, list_id: listId, entry_id: entryId, ...content })
    .onConflict((conflict) =>
      conflict
        .columns(['application_id', 'list_id', 'entry_id'])
        .doUpdateSet({ ...content, created_at: sql<Date>`now()` }),
    )
    .execute();
}

/** @returns whether there was one */
export async function dropListEntry(
  db: Tables,
  { applicationId, listId, entryId }: Omit<ListEntry, 'kind'>,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('face_list_entries')
    .where('application_id', '=', applicationId)
    .where('list_id', '=', listId)
    .where('entry_id', '=', entryId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** What a session enrolled, or else the latest candidate that waits for its verdict. */
export async function findSessionFace(
  db: Tables,
  { applicationId, sessionId }: SessionKey,
): Promise<{ owner: RowOwner; stored: StoredTemplate } | undefined> {
  const row = await db
    .selectFrom('templates as t')
    .leftJoin('template_keys as k', (join) =>
      join.onRef('k.application_id', '=', 't.application_id').onRef('k.version', '=', 't.key_version'),
    )
    .select(['t.kind', 't.owner', 't.subject', 't.key_id', 't.key_version', 't.pipeline_version'])
    .select(['t.embedding_space', 't.sealed', 'k.state', 'k.salt'])
    .where('t.application_id', '=', applicationId)
    .where('t.session_id', '=', sessionId)
    .where('t.kind', 'in', ['subject', 'candidate'])
    .where((is) => is.or([is('t.expires_at', 'is', null), is('t.expires_at', '>', sql<Date>`now()`)]))
    .orderBy(sql`t.kind = 'subject'`, 'desc')
    .orderBy('t.created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const owner: RowOwner =
    row.kind === 'subject'
      ? { kind: 'subject', applicationId, subject: row.owner }
      : { kind: 'candidate', applicationId, sessionId, candidateId: row.owner, subject: row.subject ?? '' };
  return { owner, stored: storedTemplate(applicationId, row) };
}
