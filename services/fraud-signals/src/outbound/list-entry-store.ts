import { randomUUIDv7 } from 'node:crypto';
import type { Keyring } from '@selfsame/keys/keyring';
import { sql } from 'kysely';
import type { List, ListEntry } from '../domain/lists/types.ts';
import { type EntryPlace, type EntryText, openText, sealText } from './entry-text.ts';
import type { Queries } from './tables.ts';

/** What seals and opens the text of entries. */
type Sealing = Pick<Keyring, 'seal' | 'open'>;

/** What is written of a new entry. */
export interface NewEntry extends EntryText {
  readonly matchKey: Buffer;
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
  keyring: Sealing,
  list: List,
  entry: NewEntry,
  pendingUntil: Date | null = null,
): Promise<ListEntry | undefined> {
  const id = randomUUIDv7();
  const place = { applicationId: list.applicationId, listId: list.id, id };
  const row = await tx
    .insertInto('list_entries')
    .values({
      id,
      list_id: list.id,
      application_id: list.applicationId,
      match_key: entry.matchKey,
      sealed: sealText(keyring, place, entry),
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
  return row && (await findEntry(tx, keyring, place));
}

/**
 * Writes values of one list in one statement.
 * @param before how many were written in this transaction already: each is a microsecond younger than the one before
 * @returns how many were not on it yet
 */
export async function insertValues(
  tx: Queries,
  keyring: Sealing,
  list: List,
  entries: readonly Pick<NewEntry, 'matchKey' | 'value' | 'displayLabel' | 'comment'>[],
  before: number,
): Promise<number> {
  const { applicationId, id: listId } = list;
  const rows = entries.map((entry) => {
    const id = randomUUIDv7();
    return { id, sealed: sealText(keyring, { applicationId, listId, id }, { ...entry, metadata: null }) };
  });
  const { numAffectedRows } = await sql`
    INSERT INTO list_entries
      (id, list_id, application_id, added_by, state, created_at, match_key, sealed)
    SELECT given.id, ${list.id}, ${list.applicationId}, 'api', 'active',
      now() + (${before} + given.place) * interval '1 microsecond',
      given.match_key, given.sealed
    FROM unnest(
      ${rows.map(({ id }) => id)}::uuid[],
      ${entries.map(({ matchKey }) => matchKey)}::bytea[],
      ${rows.map(({ sealed }) => sealed)}::bytea[]
    ) WITH ORDINALITY AS given (id, match_key, sealed, place)
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
  keyring: Sealing,
  { applicationId, listId, id }: EntryPlace,
): Promise<ListEntry | undefined> {
  const row = await entries(db)
    .where('e.id', '=', id)
    .where('e.list_id', '=', listId)
    .where('e.application_id', '=', applicationId)
    .executeTakeFirst();
  return row && toEntry(keyring, row);
}

/** The entry of a value, in whatever state. */
export async function findEntryByKey(
  db: Queries,
  keyring: Sealing,
  listId: string,
  matchKey: Buffer,
): Promise<ListEntry | undefined> {
  const row = await entries(db)
    .where('e.match_key', '=', matchKey)
    .where('e.list_id', '=', listId)
    .executeTakeFirst();
  return row && toEntry(keyring, row);
}

/** One page of entries that count, newest first, and how many there are. */
export async function findEntries(
  db: Queries,
  keyring: Sealing,
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
  return { count, entries: await Promise.all(page.map((row) => toEntry(keyring, row))) };
}

/** Takes a value off its list. @returns whether it was on it */
export async function deleteEntry(db: Queries, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('list_entries').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}

const columns = [
  'e.id',
  'e.list_id',
  'e.application_id',
  'e.sealed',
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

async function toEntry(keyring: Sealing, row: Row): Promise<ListEntry> {
  return {
    id: row.id,
    listId: row.list_id,
    entryType: row.entry_type,
    state: row.state,
    ...(await textOf(keyring, row)),
    addedBy: row.added_by,
    referenceSessionId: row.reference_session_id,
    referenceSessionNumber: row.reference_session_number,
    referenceObjectUuid: row.reference_object_uuid,
    createdAt: row.created_at,
  };
}

async function textOf(keyring: Sealing, row: Row): Promise<EntryText> {
  if (row.sealed !== null) {
    return openText(
      keyring,
      { applicationId: row.application_id, listId: row.list_id, id: row.id },
      row.sealed,
    );
  }
  const { value, display_label: displayLabel, comment, metadata } = row;
  return { value, displayLabel, comment, metadata };
}
