import { randomUUIDv7 } from 'node:crypto';
import { sql } from 'kysely';
import type { List, ListEntry } from '../domain/lists/types.ts';
import type { Queries } from './tables.ts';

/** What is written of a new entry. */
export interface NewEntry {
  readonly matchKey: Buffer;
  readonly value: string | null;
  readonly displayLabel: string | null;
  readonly comment: string | null;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly addedBy: ListEntry['addedBy'];
  readonly referenceSessionId: string | null;
  readonly referenceSessionNumber: number | null;
  readonly referenceObjectUuid: string | null;
  readonly subjectKey: Buffer | null;
}

/** Which entries of an application are asked for; null: whatever they have there. */
export interface EntryFilter {
  readonly applicationId: string;
  readonly listIds: readonly string[];
  readonly matchKey: Buffer | null;
  readonly referenceSessionId: string | null;
  readonly limit: number;
  readonly offset: number;
}

/** @returns undefined when the value is on the list already */
export async function insertEntry(
  tx: Queries,
  list: List,
  entry: NewEntry,
  pendingUntil: Date | null = null,
): Promise<ListEntry | undefined> {
  const row = await tx
    .insertInto('list_entries')
    .values({
      id: randomUUIDv7(),
      list_id: list.id,
      application_id: list.applicationId,
      match_key: entry.matchKey,
      value: entry.value,
      display_label: entry.displayLabel,
      comment: entry.comment,
      metadata: entry.metadata && JSON.stringify(entry.metadata),
      added_by: entry.addedBy,
      reference_session_id: entry.referenceSessionId,
      reference_session_number: entry.referenceSessionNumber,
      reference_object_uuid: entry.referenceObjectUuid,
      subject_key: entry.subjectKey,
      state: pendingUntil === null ? 'active' : 'pending',
      due_at: pendingUntil,
    })
    .onConflict((conflict) => conflict.columns(['match_key', 'list_id']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return row && (await findEntry(tx, list.applicationId, list.id, row.id));
}

/**
 * Writes values of one list in one statement.
 * @param before how many were written in this transaction already: each is a microsecond younger than the one before
 * @returns how many were not on it yet
 */
export async function insertValues(
  tx: Queries,
  list: List,
  entries: readonly Pick<NewEntry, 'matchKey' | 'value' | 'displayLabel' | 'comment'>[],
  before: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    INSERT INTO list_entries
      (id, list_id, application_id, added_by, state, created_at, match_key, value, display_label, comment)
    SELECT given.id, ${list.id}, ${list.applicationId}, 'api', 'active',
      now() + (${before} + given.place) * interval '1 microsecond',
      given.match_key, given.value, given.display_label, given.comment
    FROM unnest(
      ${entries.map(() => randomUUIDv7())}::uuid[],
      ${entries.map(({ matchKey }) => matchKey)}::bytea[],
      ${entries.map(({ value }) => value)}::text[],
      ${entries.map(({ displayLabel }) => displayLabel)}::text[],
      ${entries.map(({ comment }) => comment)}::text[]
    ) WITH ORDINALITY AS given (id, match_key, value, display_label, comment, place)
    ON CONFLICT (match_key, list_id) DO NOTHING`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}

/** How many entries a list has, those in the making included. */
export async function countEntries(tx: Queries, listId: string): Promise<number> {
  const { count } = await tx
    .selectFrom('list_entries')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('list_id', '=', listId)
    .executeTakeFirstOrThrow();
  return count;
}

/** An entry in whatever state. */
export async function findEntry(
  db: Queries,
  applicationId: string,
  listId: string,
  id: string,
): Promise<ListEntry | undefined> {
  const row = await entries(db)
    .where('e.id', '=', id)
    .where('e.list_id', '=', listId)
    .where('e.application_id', '=', applicationId)
    .executeTakeFirst();
  return row && toEntry(row);
}

/** The entry of a value, in whatever state. */
export async function findEntryByKey(
  db: Queries,
  listId: string,
  matchKey: Buffer,
): Promise<ListEntry | undefined> {
  const row = await entries(db)
    .where('e.match_key', '=', matchKey)
    .where('e.list_id', '=', listId)
    .executeTakeFirst();
  return row && toEntry(row);
}

/** One page of entries that count, newest first, and how many there are. */
export async function findEntries(
  db: Queries,
  filter: EntryFilter,
): Promise<{ count: number; entries: ListEntry[] }> {
  if (filter.listIds.length === 0) return { count: 0, entries: [] };
  const { limit, offset } = filter;
  const page = await narrowed(entries(db), filter)
    .orderBy('e.created_at', 'desc')
    .orderBy('e.id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute();
  const { count } = await narrowed(db.selectFrom('list_entries as e'), filter)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return { count, entries: page.map(toEntry) };
}

/** Takes a value off its list. @returns whether it was on it */
export async function deleteEntry(db: Queries, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('list_entries').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}

const columns = [
  'e.id',
  'e.list_id',
  'l.entry_type',
  'e.state',
  'e.value',
  'e.display_label',
  'e.comment',
  'e.metadata',
  'e.added_by',
  'e.reference_session_id',
  'e.reference_session_number',
  'e.reference_object_uuid',
  'e.created_at',
] as const;

function entries(db: Queries) {
  return db.selectFrom('list_entries as e').innerJoin('lists as l', 'l.id', 'e.list_id').select(columns);
}

// biome-ignore lint/suspicious/noExplicitAny: kysely's builders of a page and of its count have no type in common
function narrowed<Query extends { where(...of: any[]): any }>(query: Query, filter: EntryFilter): Query {
  let narrow = query
    .where('e.application_id', '=', filter.applicationId)
    .where('e.list_id', 'in', filter.listIds)
    .where('e.state', '=', 'active');
  if (filter.matchKey !== null) narrow = narrow.where('e.match_key', '=', filter.matchKey);
  if (filter.referenceSessionId !== null) {
    narrow = narrow.where('e.reference_session_id', '=', filter.referenceSessionId);
  }
  return narrow;
}

type Row = Awaited<ReturnType<ReturnType<typeof entries>['executeTakeFirstOrThrow']>>;

function toEntry(row: Row): ListEntry {
  return {
    id: row.id,
    listId: row.list_id,
    entryType: row.entry_type,
    state: row.state,
    value: row.value,
    displayLabel: row.display_label,
    comment: row.comment,
    metadata: row.metadata,
    addedBy: row.added_by,
    referenceSessionId: row.reference_session_id,
    referenceSessionNumber: row.reference_session_number,
    referenceObjectUuid: row.reference_object_uuid,
    createdAt: row.created_at,
  };
}
