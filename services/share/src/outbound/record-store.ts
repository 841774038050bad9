import { prepared } from '@selfsame/database/prepared';
import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { NodeId, TreeNode } from '../domain/merkle.ts';
import { type PlacedRecord, type RecordKind, recordFormat } from '../domain/record.ts';
import type { Queries, Tables } from './tables.ts';

/** An entry as it lies in the log. `record` is null when its years are over: then only the hash is left. */
export interface StoredRecord {
  readonly sequence: number;
  readonly format: number;
  readonly keptFrom: Date;
  readonly hash: Buffer;
  /** The signed head of the tree that ends with this entry. */
  readonly head: string;
  readonly record: PlacedRecord | null;
  /** Nothing is left of what it said; false with `record` null means that only some of it is. */
  readonly isEmpty: boolean;
}

/** What the next entry follows on. */
export interface LogEnd {
  readonly sequence: number;
  readonly at: Date | null;
  readonly hash: Buffer;
  readonly head: string;
}

/** Nobody else writes into this log until the end of the transaction. */
export async function lockLog(tx: Queries, applicationId: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`records of ${applicationId}`}, 0))`.execute(tx);
}

/** The last entry; undefined for a log without any. */
export async function findEnd(db: Queries, applicationId: string): Promise<LogEnd | undefined> {
  return await db
    .selectFrom('records')
    .select(['sequence', 'at', 'hash', 'head'])
    .where('application_id', '=', applicationId)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Hashes of stored nodes, in the order of their ids. @throws Error when one is missing */
export async function findNodes(
  db: Queries,
  applicationId: string,
  ids: readonly NodeId[],
): Promise<Buffer[]> {
  if (ids.length === 0) return [];
  const found = await findStoredNodes(db, applicationId, ids);
  return ids.map(({ level, position }) => {
    const hash = found.get(`${level}/${position}`);
    if (hash === undefined) throw new Error(`node ${level}/${position} of a record is missing`);
    return hash;
  });
}

/** The last entry with the complete subtrees that its tree consists of, largest first; undefined for a log without any. */
export async function findEndWithPeaks(
  tx: Queries,
  applicationId: string,
): Promise<(LogEnd & { readonly peaks: Buffer[] }) | undefined> {
  const [row] = await endWithPeaks(tx, { applicationId });
  return row;
}

// One for each bit of the size: a tree of 6 leaves is one of 4 and one of 2.
const endWithPeaks = prepared<{ applicationId: string }, LogEnd & { peaks: Buffer[] }>(
  'record_end',
  (value) => sql`
    SELECT r.sequence, r.at, r.hash, r.head, ARRAY(
      SELECT n.hash FROM generate_series(0, 52) AS l (level)
      JOIN record_nodes AS n ON n.application_id = r.application_id AND n.level = l.level
        AND n.position = (r.sequence >> l.level) - 1
      WHERE (r.sequence >> l.level) & 1 = 1 ORDER BY l.level DESC
    ) AS peaks
    FROM records AS r WHERE r.application_id = ${value('applicationId')} ORDER BY r.sequence DESC LIMIT 1`,
);

/** Writes an entry and the subtrees that it completes. */
export async function insertRecord(
  tx: Queries,
  record: PlacedRecord,
  made: {
    readonly hash: Buffer;
    readonly head: string;
    readonly keptFrom: Date;
    readonly nodes: readonly TreeNode[];
  },
): Promise<void> {
  const { nodes, ...entry } = made;
  await insertEntry(tx, {
    ...record,
    ...entry,
    format: recordFormat,
    levels: nodes.map(({ level }) => level),
    positions: nodes.map(({ position }) => position),
    hashes: nodes.map(({ hash }) => hash),
  });
}

type EntryValues = PlacedRecord & {
  readonly format: number;
  readonly hash: Buffer;
  readonly head: string;
  readonly keptFrom: Date;
  readonly levels: readonly number[];
  readonly positions: readonly number[];
  readonly hashes: readonly Buffer[];
};

// One statement: whoever writes holds up everybody else who wants to.
const insertEntry = prepared<EntryValues>(
  'record_insert',
  (value) => sql`
    WITH entry AS (
      INSERT INTO records (application_id, sequence, format, at, kind, user_pid, from_application_id, audience_id, audience,
        audience_name, purpose, scope, share_id, consent_id, expires_at, import_status, note, document_sha256, salt,
        kept_from, hash, head)
      VALUES (${value('applicationId')}, ${value('sequence')}, ${value('format')}, ${value('at')}, ${value('kind')},
        ${value('userPid')}, ${value('fromApplicationId')}, ${value('audienceId')}, ${value('audience')},
        ${value('audienceName')}, ${value('purpose')}, ${value('scope')}, ${value('shareId')}, ${value('consentId')},
        ${value('expiresAt')},
        ${value('importStatus')}, ${value('note')}, ${value('documentSha256')}, ${value('salt')}, ${value('keptFrom')},
        ${value('hash')}, ${value('head')})
      RETURNING application_id
    )
    INSERT INTO record_nodes (application_id, level, position, hash)
    SELECT entry.application_id, node.* FROM entry,
      unnest(${value('levels')}::smallint[], ${value('positions')}::bigint[], ${value('hashes')}::bytea[]) AS node`,
);

/** What entries are asked for; undefined: all. */
export interface RecordFilter {
  readonly userPid?: string | undefined;
  /** Either of them: an application may be called otherwise today. */
  readonly audience?: { readonly called: string; readonly applicationId: string | undefined } | undefined;
  readonly purpose?: string | undefined;
  readonly kind?: RecordKind | undefined;
  readonly shareId?: string | undefined;
  readonly consentId?: string | undefined;
  readonly from?: Date | undefined;
  /** Not included. */
  readonly to?: Date | undefined;
}

/** One page of a log, newest first, and how many entries fit. Those whose years are over fit no filter. */
export async function findRecords(
  db: Queries,
  applicationId: string,
  filter: RecordFilter & { readonly limit: number; readonly offset: number },
): Promise<{ count: number; records: StoredRecord[] }> {
  const matching = filtered(db, applicationId, filter);
  const rows = await matching
    .selectAll()
    .orderBy('sequence', 'desc')
    .limit(filter.limit)
    .offset(filter.offset)
    .execute();
  const counted = await matching
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return { count: counted.count, records: rows.map(toStored) };
}

function filtered(db: Queries, applicationId: string, filter: RecordFilter) {
  const equal = {
    user_pid: filter.userPid,
    purpose: filter.purpose,
    kind: filter.kind,
    share_id: filter.shareId,
    consent_id: filter.consentId,
  };
  let matching = db.selectFrom('records').where('application_id', '=', applicationId);
  for (const [column, value] of Object.entries(equal)) {
    if (value !== undefined) matching = matching.where(column as keyof typeof equal, '=', value);
  }
  const { audience, from, to } = filter;
  if (audience !== undefined) {
    const { called, applicationId: id = null } = audience;
    matching = matching.where(
      sql<boolean>`(audience_id = ${id}::uuid OR lower(${called}) IN (lower(audience), lower(audience_name)))`,
    );
  }
  if (from !== undefined) matching = matching.where('at', '>=', from);
  if (to !== undefined) matching = matching.where('at', '<', to);
  return matching;
}

/** Entries of a log in order, after a sequence. */
export async function findRecordsAfter(
  db: Queries,
  applicationId: string,
  after: number,
  limit: number,
): Promise<StoredRecord[]> {
  const rows = await db
    .selectFrom('records')
    .selectAll()
    .where('application_id', '=', applicationId)
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit)
    .execute();
  return rows.map(toStored);
}

/** How many subtrees of a log are stored. */
export async function countNodes(db: Queries, applicationId: string): Promise<number> {
  const counted = db
    .selectFrom('record_nodes')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('application_id', '=', applicationId);
  return (await counted.executeTakeFirstOrThrow()).count;
}

/** Stored nodes, by `level/position`; those that are missing are left out. */
export async function findStoredNodes(
  db: Queries,
  applicationId: string,
  ids: readonly NodeId[],
): Promise<Map<string, Buffer>> {
  const { rows } = await sql<{ level: number; position: number; hash: Buffer }>`
    SELECT level, position, hash FROM record_nodes
    JOIN unnest(${ids.map(({ level }) => level)}::smallint[], ${ids.map(({ position }) => position)}::bigint[])
      AS wanted (level, position) USING (level, position)
    WHERE application_id = ${applicationId}`.execute(db);
  return new Map(rows.map(({ level, position, hash }) => [`${level}/${position}`, hash]));
}

/** Whoever has a log. */
export async function findLogs(db: Queries): Promise<string[]> {
  const rows = await db.selectFrom('records').select('application_id').distinct().execute();
  return rows.map((row) => row.application_id);
}

/**
 * Lets go of what entries say whose years are over; hash, place and signed head stay.
 * @param limit of entries at once; other replicas take other ones
 * @returns how many
 */
export async function emptyRecords(db: Queries, keptBefore: Date, limit: number): Promise<number> {
  const { rows } = await sql`
    UPDATE records SET at = NULL, kind = NULL, user_pid = NULL, from_application_id = NULL, audience_id = NULL,
      audience = NULL, audience_name = NULL, purpose = NULL, scope = NULL, share_id = NULL, consent_id = NULL,
      expires_at = NULL, import_status = NULL, note = NULL, document_sha256 = NULL, salt = NULL
    WHERE (application_id, sequence) IN (
      SELECT application_id, sequence FROM records WHERE kept_from < ${keptBefore} AND salt IS NOT NULL
      ORDER BY kept_from LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ) RETURNING 1`.execute(db);
  return rows.length;
}

function toStored(row: Selectable<Tables['records']>): StoredRecord {
  const { sequence, format, hash, head, kept_from: keptFrom } = row;
  const said = contentColumns.filter((column) => row[column] !== null);
  return { sequence, format, hash, head, keptFrom, record: toRecord(row), isEmpty: said.length === 0 };
}

/** What an entry says; it goes after years. */
const contentColumns = [
  'at',
  'kind',
  'user_pid',
  'from_application_id',
  'audience_id',
  'audience',
  'audience_name',
  'purpose',
  'scope',
  'share_id',
  'consent_id',
  'expires_at',
  'import_status',
  'note',
  'document_sha256',
  'salt',
] as const satisfies readonly (keyof Tables['records'])[];

/** null when any of what every entry has is missing. */
function toRecord(row: Selectable<Tables['records']>): PlacedRecord | null {
  const { at, kind, audience, purpose, scope, salt } = row;
  const {
    from_application_id: fromApplicationId,
    audience_id: audienceId,
    audience_name: audienceName,
  } = row;
  if (at === null || kind === null || salt === null || fromApplicationId === null) return null;
  if (audienceId === null || audience === null || audienceName === null) return null;
  if (purpose === null || scope === null) return null;
  return {
    applicationId: row.application_id,
    sequence: row.sequence,
    at,
    kind,
    userPid: row.user_pid,
    fromApplicationId,
    audienceId,
    audience,
    audienceName,
    purpose,
    scope,
    shareId: row.share_id,
    consentId: row.consent_id,
    expiresAt: row.expires_at,
    importStatus: row.import_status,
    note: row.note,
    documentSha256: row.document_sha256,
    salt,
  };
}

/** What stays of somebody who is erased, and when the years of the last of it begin to count. */
export async function countKept(
  db: Queries,
  applicationId: string,
  { userPids, consentIds }: { readonly userPids: readonly string[]; readonly consentIds: readonly string[] },
): Promise<{ records: number; consents: number; keptFrom: Date | undefined }> {
  const { rows } = await sql<{ records: number; consents: number; kept_from: Date | null }>`
    WITH entries AS (
      SELECT kept_from FROM records WHERE application_id = ${applicationId} AND user_pid = ANY (${[...userPids]}::text[])
    ), cores AS (
      SELECT kept_from FROM consent_records
      WHERE application_id = ${applicationId} AND consent_id = ANY (${[...consentIds]}::uuid[])
    )
    SELECT (SELECT count(*) FROM entries) AS records, (SELECT count(*) FROM cores) AS consents,
      (SELECT max(kept_from) FROM (SELECT * FROM entries UNION ALL SELECT * FROM cores) AS each) AS kept_from`.execute(
    db,
  );
  const [row] = rows;
  return { records: row?.records ?? 0, consents: row?.consents ?? 0, keptFrom: row?.kept_from ?? undefined };
}
