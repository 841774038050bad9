import { sql } from 'kysely';
import type { EntryPlace, EntryText } from './entry-text.ts';
import type { Queries } from './tables.ts';

/** An entry whose text is not sealed, or under an older data key. */
export interface OlderEntry extends EntryPlace {
  readonly sealed: Buffer | null;
  /** As it lies, where it is not sealed. */
  readonly text: EntryText;
  /** Of the row: another one says that it was changed meanwhile. */
  readonly rowVersion: string;
}

/** Entries whose text does not begin with `newest`, in the order of their ids, `limit` at most. */
export async function findOlderEntries(
  db: Queries,
  newest: Buffer,
  { after = '00000000-0000-0000-0000-000000000000', limit }: { after: string | undefined; limit: number },
): Promise<OlderEntry[]> {
  const { rows } = await sql<EntryPlace & EntryText & { sealed: Buffer | null; rowVersion: string }>`
    SELECT id, application_id AS "applicationId", list_id AS "listId", sealed, value, display_label AS "displayLabel",
      comment, metadata, xmin::text AS "rowVersion"
    FROM list_entries
    WHERE id > ${after} AND (
      substring(sealed FROM 1 FOR ${newest.length}::int) <> ${newest}
      OR value IS NOT NULL OR display_label IS NOT NULL OR comment IS NOT NULL OR metadata IS NOT NULL)
    ORDER BY id LIMIT ${limit}`.execute(db);
  return rows.map(({ value, displayLabel, comment, metadata, ...row }) => ({
    ...row,
    text: { value, displayLabel, comment, metadata },
  }));
}

/** Replaces texts of entries that nobody has changed meanwhile; an erasure is not undone. @returns how many */
export async function replaceTexts(
  db: Queries,
  entries: readonly Pick<OlderEntry, 'id' | 'rowVersion' | 'sealed'>[],
): Promise<number> {
  if (entries.length === 0) return 0;
  const { numAffectedRows } = await sql`
    UPDATE list_entries e
    SET sealed = given.sealed, value = NULL, display_label = NULL, comment = NULL, metadata = NULL
    FROM unnest(
      ${entries.map(({ id }) => id)}::uuid[],
      ${entries.map(({ rowVersion }) => rowVersion)}::text[],
      ${entries.map(({ sealed }) => sealed)}::bytea[]
    ) AS given (id, row_version, sealed)
    WHERE e.id = given.id AND e.xmin::text = given.row_version`.execute(db);
  return Number(numAffectedRows ?? 0n);
}
