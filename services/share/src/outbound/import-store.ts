import type { Insertable, Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Queries, Tables } from './tables.ts';

/** An import as it lies in the table. */
export type ImportRow = Selectable<Tables['imports']>;

/** What is reserved: everything that is known before the new session is. */
export type Reservation = Omit<
  Insertable<Tables['imports']>,
  'status' | 'granted' | 'reserved_at' | 'imported_at'
> & { readonly share_id: string; readonly from_session_id: string };

/**
 * Takes the one place that a session has at an application. Others who try wait until this transaction is over.
 * @returns undefined when it is taken
 */
export async function reserveImport(tx: Queries, row: Reservation): Promise<string | undefined> {
  const taken = await tx
    .insertInto('imports')
    .values({ ...row, status: 'pending', imported_at: null })
    .onConflict((conflict) => conflict.columns(['from_session_id', 'to_application_id']).doNothing())
    .returning('import_id')
    .executeTakeFirst();
  return taken?.import_id;
}

/** Takes a place that an earlier try has left. It keeps the id: should that try come to life, it makes the same session. */
export async function takeReleased(
  tx: Queries,
  { import_id: _unused, ...row }: Reservation,
): Promise<string | undefined> {
  const taken = await tx
    .updateTable('imports')
    .set({ ...row, status: 'pending', reserved_at: sql<Date>`now()` })
    .where('from_session_id', '=', row.from_session_id)
    .where('to_application_id', '=', row.to_application_id)
    .where('status', '=', 'released')
    .returning('import_id')
    .executeTakeFirst();
  return taken?.import_id;
}

/** Who has the place. */
export async function findReserved(
  tx: Queries,
  { from_session_id, to_application_id }: Pick<Reservation, 'from_session_id' | 'to_application_id'>,
): Promise<Pick<ImportRow, 'import_id' | 'status' | 'request'> | undefined> {
  return await tx
    .selectFrom('imports')
    .select(['import_id', 'status', 'request'])
    .where('from_session_id', '=', from_session_id)
    .where('to_application_id', '=', to_application_id)
    .executeTakeFirst();
}

/** Whether a session has its place at an application for good. */
export async function isImported(
  db: Queries,
  shared: { readonly session_id: string; readonly for_application_id: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('imports')
    .select('import_id')
    .where('from_session_id', '=', shared.session_id)
    .where('to_application_id', '=', shared.for_application_id)
    .where('status', '=', 'imported')
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Holds a pending import until the end of the transaction; a process that dies lets go of it at once.
 * @returns undefined when somebody else is at it, or it is not pending any more
 */
export async function takePending(tx: Queries, importId: string): Promise<ImportRow | undefined> {
  return await tx
    .selectFrom('imports')
    .selectAll()
    .where('import_id', '=', importId)
    .where('status', '=', 'pending')
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
}

/** Pending imports that are so old, in no order: those that fail again do not keep others waiting. */
export async function findLeft(db: Queries, afterMs: number, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('imports')
    .select('import_id')
    .where('status', '=', 'pending')
    .where('reserved_at', '<=', sql<Date>`now() - ${afterMs} * interval '1 millisecond'`)
    .orderBy(sql`random()`)
    .limit(limit)
    .execute();
  return rows.map(({ import_id }) => import_id);
}

/** The share that an import is by; undefined when it has gone. */
export async function findShareOfImport(db: Queries, importId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('imports')
    .select('share_id')
    .where('import_id', '=', importId)
    .executeTakeFirst();
  return row?.share_id ?? undefined;
}

/** Nothing came of it; an import of an erased session goes altogether. */
export async function releaseImport(tx: Queries, { import_id, from_session_id }: ImportRow): Promise<void> {
  if (from_session_id === null) {
    await tx.deleteFrom('imports').where('import_id', '=', import_id).execute();
    return;
  }
  await tx
    .updateTable('imports')
    .set({ status: 'released', vendor_data: null })
    .where('import_id', '=', import_id)
    .execute();
}

export async function finishImport(tx: Queries, importId: string, granted: boolean): Promise<void> {
  await tx
    .updateTable('imports')
    .set({ status: 'imported', granted, vendor_data: null, imported_at: sql<Date>`now()` })
    .where('import_id', '=', importId)
    .execute();
}

/** Where it came from is not told any more. */
export async function detachImports(
  tx: Queries,
  applicationId: string,
  sessionIds: readonly string[],
): Promise<void> {
  await tx
    .updateTable('imports')
    .set({ share_id: null, from_session_id: null })
    .where('from_application_id', '=', applicationId)
    .where('from_session_id', 'in', [...sessionIds])
    .execute();
}

/** What an application has imported of a person: their sessions may be gone, the record of their pseudonym is not. */
export async function findImportsOf(
  tx: Queries,
  person: { readonly applicationId: string; readonly userPid: string; readonly before: Date },
): Promise<string[]> {
  const rows = await tx
    .selectFrom('imports')
    .select('import_id')
    .where('to_application_id', '=', person.applicationId)
    .where('share_id', 'in', (records) =>
      records
        .selectFrom('records')
        .select('share_id')
        .where('application_id', '=', person.applicationId)
        .where('user_pid', '=', person.userPid)
        .where('kind', '=', 'share_imported')
        .where('at', '<=', person.before),
    )
    .execute();
  return rows.map(({ import_id }) => import_id);
}

/** @returns how many there were */
export async function deleteImports(
  tx: Queries,
  applicationId: string,
  importIds: readonly string[],
): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('imports')
    .where('to_application_id', '=', applicationId)
    .where('import_id', 'in', [...importIds])
    .executeTakeFirst();
  return Number(numDeletedRows);
}

const listedColumns = [
  'import_id',
  'share_id',
  'from_session_id',
  'from_application_id',
  'purpose',
  'scope',
  'trust_review',
  'status',
  'granted',
  'reserved_at',
  'imported_at',
] as const;

/** An import as the application that has obtained it sees it. */
export type ListedImport = Pick<ImportRow, (typeof listedColumns)[number]>;

/** One page, newest first, and how many there are in all. What came to nothing is left out. */
export async function listImports(
  db: Queries,
  applicationId: string,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ count: number; rows: ListedImport[] }> {
  const chosen = db
    .selectFrom('imports')
    .where('to_application_id', '=', applicationId)
    .where('status', '!=', 'released');
  const [rows, counted] = await Promise.all([
    chosen
      .select(listedColumns)
      .orderBy('reserved_at', 'desc')
      .orderBy('import_id', 'desc')
      .limit(limit)
      .offset(offset)
      .execute(),
    chosen.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
  ]);
  return { count: counted.count, rows };
}

/** undefined when the application has none of that id, or nothing came of it. */
export async function findImport(
  db: Queries,
  applicationId: string,
  importId: string,
): Promise<ListedImport | undefined> {
  return await db
    .selectFrom('imports')
    .select(listedColumns)
    .where('to_application_id', '=', applicationId)
    .where('import_id', '=', importId)
    .where('status', '!=', 'released')
    .executeTakeFirst();
}

/** After so many days nobody has to know any more what was imported. */
export async function deleteOldImports(db: Queries, days: number): Promise<void> {
  await db
    .deleteFrom('imports')
    .where('status', '!=', 'pending')
    .where('reserved_at', '<', sql<Date>`now() - make_interval(days => ${days})`)
    .execute();
}
