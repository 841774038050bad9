import { randomUUIDv7 } from 'node:crypto';
import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { EntryType, List, ListType } from '../domain/lists/types.ts';
import type { Queries, Tables } from './tables.ts';

/** Orders that lists can be asked in; a minus turns one round. */
export const listOrderings = ['name', '-name', 'created_at', '-created_at'] as const;

/** Which of an application's lists are asked for. */
export interface ListFilter {
  readonly listType: ListType | undefined;
  readonly entryType: EntryType | undefined;
  readonly ordering: (typeof listOrderings)[number];
  readonly limit: number;
  readonly offset: number;
}

/** A list, or undefined when this application has none of that id. */
export async function findList(db: Queries, applicationId: string, id: string): Promise<List | undefined> {
  const row = await ownLists(db, applicationId).selectAll().where('id', '=', id).executeTakeFirst();
  return row && toList(row);
}

/** The same, held until the end of the transaction: nobody else adds to it meanwhile, or deletes it. */
export async function lockList(tx: Queries, applicationId: string, id: string): Promise<List | undefined> {
  const query = ownLists(tx, applicationId).selectAll().where('id', '=', id);
  const row = await query.forNoKeyUpdate().executeTakeFirst();
  return row && toList(row);
}

/** One page of an application's lists, and how many fit the filter. */
export async function findLists(
  db: Queries,
  applicationId: string,
  filter: ListFilter,
): Promise<{ count: number; lists: List[] }> {
  const { listType, entryType, ordering, limit, offset } = filter;
  let matching = ownLists(db, applicationId);
  if (listType !== undefined) matching = matching.where('list_type', '=', listType);
  if (entryType !== undefined) matching = matching.where('entry_type', '=', entryType);
  const column = ordering.endsWith('name') ? 'name' : 'created_at';
  const rows = await matching
    .selectAll()
    .select(sql<number>`count(*) OVER ()`.as('count'))
    .orderBy(column, ordering.startsWith('-') ? 'desc' : 'asc')
    .orderBy('id')
    .limit(limit)
    .offset(offset)
    .execute();
  const [first] = rows;
  const count = first?.count ?? (offset === 0 ? 0 : await countAll(matching));
  return { count, lists: rows.map(toList) };
}

/** The application's blocklists by type, as far as they are made. */
export async function findSystemLists(db: Queries, applicationId: string): Promise<Map<EntryType, List>> {
  const rows = await ownLists(db, applicationId).selectAll().where('is_system', '=', true).execute();
  return new Map(rows.map((row) => [row.entry_type, toList(row)]));
}

/** Makes the blocklists that somebody else has not made meanwhile. */
export async function insertSystemLists(
  db: Queries,
  applicationId: string,
  lists: readonly Pick<List, 'entryType' | 'name' | 'description'>[],
): Promise<void> {
  await db
    .insertInto('lists')
    .values(
      lists.map(({ entryType, name, description }) => ({
        id: randomUUIDv7(),
        application_id: applicationId,
        name,
        description,
        list_type: 'blocklist' as const,
        entry_type: entryType,
        is_system: true,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** How many lists of its own an application has; nobody else counts them until the end of the transaction. */
export async function countOwnLists(tx: Queries, applicationId: string): Promise<number> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`lists of ${applicationId}`}, 0))`.execute(tx);
  return countAll(ownLists(tx, applicationId).where('is_system', '=', false));
}

export async function insertList(
  tx: Queries,
  list: Omit<List, 'id' | 'createdAt' | 'updatedAt'>,
): Promise<List> {
  const row = await tx
    .insertInto('lists')
    .values({
      id: randomUUIDv7(),
      application_id: list.applicationId,
      name: list.name,
      description: list.description,
      list_type: list.listType,
      entry_type: list.entryType,
      is_system: list.isSystem,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toList(row);
}

/** What is not named stays. */
export async function updateList(
  tx: Queries,
  id: string,
  change: { readonly name?: string; readonly description?: string },
): Promise<List> {
  const changed = tx.updateTable('lists').set({ ...change, updated_at: sql<Date>`now()` });
  return toList(await changed.where('id', '=', id).returningAll().executeTakeFirstOrThrow());
}

/** With its entries. */
export async function deleteList(tx: Queries, id: string): Promise<void> {
  await tx.deleteFrom('lists').where('id', '=', id).execute();
}

/** Hides a list of faces and marks those on it as to be let go. */
export async function hideFaceList(tx: Queries, id: string): Promise<void> {
  const now = sql<Date>`now()`;
  await tx.updateTable('lists').set({ deleted_at: now }).where('id', '=', id).execute();
  await tx
    .updateTable('list_entries')
    .set({ state: 'dropping', due_at: now })
    .where('list_id', '=', id)
    .execute();
}

/** Deletes hidden lists that nothing is on any more. */
export async function deleteEmptyHiddenLists(db: Queries): Promise<void> {
  await db
    .deleteFrom('lists')
    .where('deleted_at', 'is not', null)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('list_entries').select('id').whereRef('list_id', '=', 'lists.id'))),
    )
    .execute();
}

function ownLists(db: Queries, applicationId: string) {
  return db.selectFrom('lists').where('application_id', '=', applicationId).where('deleted_at', 'is', null);
}

async function countAll(query: ReturnType<typeof ownLists>): Promise<number> {
  const counted = query.select(({ fn }) => fn.countAll<number>().as('count'));
  return (await counted.executeTakeFirstOrThrow()).count;
}

function toList(row: Selectable<Tables['lists']>): List {
  return {
    id: row.id,
    applicationId: row.application_id,
    name: row.name,
    description: row.description,
    listType: row.list_type,
    entryType: row.entry_type,
    isSystem: row.is_system,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
