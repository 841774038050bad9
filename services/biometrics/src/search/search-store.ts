import { type Kysely, sql } from 'kysely';
import type { SealedTemplate, TemplateKey, TemplateOwner } from '../domain/template.ts';
import type { FaceKind } from './shelves.ts';

/** Of whatever tables: what is asked here is written as SQL. */
// biome-ignore lint/suspicious/noExplicitAny: kysely is invariant in its tables
type AnyDatabase = Kysely<any>;

/** What a transaction sees. Numbers of transactions only rise, unless an older state of the database was restored. */
export interface Snapshot {
  /** Everything before this transaction has ended and is seen. */
  readonly oldest: bigint;
  /** All of it, as Postgres writes a pg_snapshot: with those between that were under way and are not seen. */
  readonly text: string;
  readonly at: Date;
}

/** A row that can be searched for, or that could until it was changed. */
export interface FaceRow {
  readonly id: number;
  readonly owner: Extract<TemplateOwner, { kind: 'subject' | 'list_entry' }>;
  readonly kind: FaceKind;
  readonly template: SealedTemplate;
  /** Undefined when the version is revoked or there is nothing under it: the row matches nothing. */
  readonly key: TemplateKey | undefined;
}

/** Lets everything that follows in the transaction see one state of the database, which is a primary: see changedSince. */
export async function takeSnapshot(tx: AnyDatabase): Promise<Snapshot> {
  await sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`.execute(tx);
  const { rows } = await sql<{ oldest: string; text: string; at: Date }>`
    SELECT pg_snapshot_xmin(snapshot)::text AS oldest, snapshot::text AS text, now() AS at
    FROM pg_current_snapshot() AS snapshot`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Error('no snapshot');
  return { ...row, oldest: BigInt(row.oldest) };
}

/**
 * The condition of what `changed_in` says changed after `last` was taken, in the snapshot of the statement: what was under
 * way then and has ended since, and what has begun and ended since. However long a transaction stays open, nothing is
 * found twice. What was restored from a dump carries numbers of another cluster, which may lie in this one's future: it is
 * nothing that has changed. `changed_in` is never of a subtransaction, which these functions do not know; a standby's
 * snapshots are not complete.
 */
function changedSince(last: Snapshot) {
  // As text: a cursor takes no parameters. It is Postgres' own, of digits, colons and commas.
  if (!/^[\d:,]+$/.test(last.text)) throw new Error('no snapshot');
  return sql.raw(`changed_in >= '${last.oldest}'::xid8
    AND NOT pg_visible_in_snapshot(changed_in, '${last.text}')
    AND pg_visible_in_snapshot(changed_in, pg_current_snapshot())`);
}

/**
 * Rows in no order, `batch` at a time, through a cursor: however many there are, each is read once.
 * @param last only those that have changed since. Undefined: all
 */
export async function* readFaces(
  tx: AnyDatabase,
  last: Snapshot | undefined,
  batch: number,
): AsyncGenerator<FaceRow[]> {
  await sql`DECLARE faces NO SCROLL CURSOR FOR
    SELECT f.row_id, f.application_id, f.kind, f.subject, f.list_id, f.entry_id,
      f.key_id, f.key_version, f.pipeline_version, f.embedding_space, f.sealed, k.state, k.salt
    FROM searchable_faces AS f
    LEFT JOIN template_keys AS k ON k.application_id = f.application_id AND k.version = f.key_version
    ${last ? sql`WHERE ${changedSince(last)}` : sql``}`.execute(tx);
  for (let full = true; full; ) {
    const { rows } = await sql<SearchableRow>`FETCH ${sql.raw(String(batch))} FROM faces`.execute(tx);
    full = rows.length === batch;
    yield rows.map(faceRow);
  }
}

/** Ids of rows that have gone since. */
export async function readRemovals(tx: AnyDatabase, last: Snapshot): Promise<number[]> {
  const { rows } = await sql<{ row_id: number }>`
    SELECT row_id FROM removed_faces WHERE ${changedSince(last)}`.execute(tx);
  return rows.map(({ row_id }) => row_id);
}

/** Forgets ids of rows that went long ago. */
export async function pruneRemovals(db: AnyDatabase, hours: number): Promise<void> {
  await sql`DELETE FROM removed_faces WHERE removed_at < now() - make_interval(hours => ${hours})`.execute(
    db,
  );
}

/** Whose face a row is. */
export interface FaceOwner {
  readonly id: number;
  /** Keyed hash of vendor_data; null for a list entry. */
  readonly subject: string | null;
  readonly sessionId: string | null;
  readonly listId: string | null;
  readonly entryId: string | null;
}

/** Whose faces these rows are, those that are still there and under a version that is not revoked. */
export async function findOwners(db: AnyDatabase, ids: readonly number[]): Promise<Map<number, FaceOwner>> {
  const { rows } = await sql<FaceOwner>`
    SELECT f.row_id AS id, f.subject, f.session_id AS "sessionId", f.list_id AS "listId", f.entry_id AS "entryId"
    FROM searchable_faces AS f
    JOIN template_keys AS k ON k.application_id = f.application_id AND k.version = f.key_version
    WHERE f.row_id = ANY(${ids}::bigint[]) AND k.state <> 'revoked' AND f.sealed <> ''::bytea`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

interface SearchableRow {
  readonly row_id: number;
  readonly application_id: string;
  readonly kind: FaceKind;
  readonly subject: string | null;
  readonly list_id: string | null;
  readonly entry_id: string | null;
  readonly key_id: string;
  readonly key_version: number;
  readonly pipeline_version: string;
  readonly embedding_space: string;
  readonly sealed: Buffer;
  readonly state: 'active' | 'retiring' | 'revoked' | null;
  readonly salt: Buffer | null;
}

function faceRow(row: SearchableRow): FaceRow {
  const { application_id: applicationId, state, salt, sealed } = row;
  const usable = salt !== null && sealed.length > 0 && (state === 'active' || state === 'retiring');
  return {
    id: row.row_id,
    kind: row.kind,
    owner:
      row.kind === 'subject'
        ? { kind: 'subject', applicationId, subject: row.subject ?? '' }
        : { kind: 'list_entry', applicationId, listId: row.list_id ?? '', entryId: row.entry_id ?? '' },
    template: {
      keyId: row.key_id,
      keyVersion: row.key_version,
      pipelineVersion: row.pipeline_version,
      embeddingSpace: row.embedding_space,
      sealed,
    },
    key: usable ? { applicationId, version: row.key_version, state, salt } : undefined,
  };
}
