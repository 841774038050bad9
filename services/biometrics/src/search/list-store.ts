import { sql } from 'kysely';
import type {
  RowOwner,
  SealedTemplate,
  StoredTemplate,
  TemplateKey,
  TemplateOwner,
} from '../domain/template.ts';
import type { FaceListEntriesTable, Tables } from '../outbound/tables.ts';
import { type SessionKey, storedTemplate } from '../outbound/template-store.ts';

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

/** An entry under a version that retires, with that version and the active one. */
export interface OutdatedEntry {
  readonly rowId: number;
  readonly owner: Extract<TemplateOwner, { kind: 'list_entry' }>;
  readonly template: SealedTemplate;
  readonly from: TemplateKey;
  readonly to: TemplateKey;
}

/** Locks entries under retiring versions, `limit` at most, by row id from behind `after`. Replicas take different ones. */
export async function takeOutdatedEntries(
  db: Tables,
  after: number,
  limit: number,
): Promise<OutdatedEntry[]> {
  const rows = await db
    .selectFrom('face_list_entries as e')
    .innerJoin('template_keys as k', (join) =>
      join.onRef('k.application_id', '=', 'e.application_id').onRef('k.version', '=', 'e.key_version'),
    )
    .innerJoin('template_keys as a', 'a.application_id', 'e.application_id')
    .select(['e.application_id', 'e.list_id', 'e.entry_id', 'e.row_id', 'e.key_id', 'e.key_version'])
    .select(['e.pipeline_version', 'e.embedding_space', 'e.sealed', 'k.salt'])
    .select(['a.version as active_version', 'a.salt as active_salt'])
    .where('k.state', '=', 'retiring')
    .where('a.state', '=', 'active')
    .where('e.row_id', '>', after)
    .orderBy('e.row_id')
    .limit(limit)
    // The version that they go to is held as well: revoked meanwhile, it would take them along.
    .modifyEnd(sql`FOR UPDATE OF e SKIP LOCKED FOR SHARE OF a`)
    .execute();
  return rows.flatMap((row) => {
    const { application_id: applicationId, salt, active_salt: activeSalt } = row;
    if (salt === null || activeSalt === null) return [];
    return {
      rowId: row.row_id,
      owner: { kind: 'list_entry', applicationId, listId: row.list_id, entryId: row.entry_id },
      template: {
        keyId: row.key_id,
        keyVersion: row.key_version,
        pipelineVersion: row.pipeline_version,
        embeddingSpace: row.embedding_space,
        sealed: row.sealed,
      },
      from: { applicationId, version: row.key_version, state: 'retiring', salt },
      to: { applicationId, version: row.active_version, state: 'active', salt: activeSalt },
    };
  });
}

/** Puts the same face under another key version in its place. */
export async function renewListEntry(db: Tables, rowId: number, template: SealedTemplate): Promise<void> {
  await db
    .updateTable('face_list_entries')
    .set({ key_id: template.keyId, key_version: template.keyVersion, sealed: template.sealed })
    .where('row_id', '=', rowId)
    .execute();
}

/** How many entries lie under a version. */
export async function countListEntries(db: Tables, applicationId: string, version: number): Promise<number> {
  const { count } = await db
    .selectFrom('face_list_entries')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('application_id', '=', applicationId)
    .where('key_version', '=', version)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Takes every entry under a version off its list. */
export async function dropListEntriesUnder(
  db: Tables,
  applicationId: string,
  version: number,
): Promise<void> {
  await db
    .deleteFrom('face_list_entries')
    .where('application_id', '=', applicationId)
    .where('key_version', '=', version)
    .execute();
}
