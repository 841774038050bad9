import { sql } from 'kysely';
import type { ValueType } from '../domain/lists/types.ts';
import type { Queries } from './tables.ts';

/** An entry whose match key can be computed again. */
export interface KeyedEntry {
  readonly id: string;
  readonly applicationId: string;
  readonly entryType: ValueType;
  readonly value: string;
  readonly matchKey: Buffer;
}

/** Entries that still have their value, by id from behind `after`. */
export async function findKeyedEntries(
  db: Queries,
  limit: number,
  after = '00000000-0000-0000-0000-000000000000',
): Promise<KeyedEntry[]> {
  const { rows } = await sql<KeyedEntry>`
    SELECT e.id, e.application_id AS "applicationId", l.entry_type AS "entryType", e.value, e.match_key AS "matchKey"
    FROM list_entries e JOIN lists l ON l.id = e.list_id
    WHERE e.value IS NOT NULL AND e.id > ${after} ORDER BY e.id LIMIT ${limit}`.execute(db);
  return rows;
}

/** Gives entries other match keys. */
export async function saveMatchKeys(
  db: Queries,
  keys: readonly { readonly id: string; readonly matchKey: Buffer }[],
): Promise<void> {
  await sql`
    UPDATE list_entries e SET match_key = given.match_key
    FROM unnest(${keys.map(({ id }) => id)}::uuid[], ${keys.map(({ matchKey }) => matchKey)}::bytea[])
      AS given (id, match_key)
    WHERE e.id = given.id`.execute(db);
}
