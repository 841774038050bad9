import type { Keyring } from '@selfsame/keys/keyring';
import { sql } from 'kysely';
import type { ValueType } from '../domain/lists/types.ts';
import { openText } from './entry-text.ts';
import type { Queries } from './tables.ts';

/** An entry whose match key can be computed again. */
export interface KeyedEntry {
  readonly id: string;
  readonly applicationId: string;
  readonly entryType: ValueType;
  readonly value: string;
  readonly matchKey: Buffer;
}

/**
 * Entries that still have their value, by id from behind `after`.
 * @throws Failure `sealed_unopenable`
 */
export async function findKeyedEntries(
  db: Queries,
  keyring: Pick<Keyring, 'open'>,
  limit: number,
  after = '00000000-0000-0000-0000-000000000000',
): Promise<KeyedEntry[]> {
  const { rows } = await sql<Row>`
    SELECT e.id, e.application_id AS "applicationId", e.list_id AS "listId", l.entry_type AS "entryType", e.value, e.sealed,
      e.match_key AS "matchKey"
    FROM list_entries e JOIN lists l ON l.id = e.list_id
    WHERE l.entry_type <> 'face' AND (e.value IS NOT NULL OR e.sealed IS NOT NULL) AND e.id > ${after}
    ORDER BY e.id LIMIT ${limit}`.execute(db);
  return await Promise.all(
    rows.map(async ({ sealed, value, ...row }) => {
      const text = sealed === null ? { value } : await openText(keyring, row, sealed);
      return { ...row, value: text.value ?? '' };
    }),
  );
}

type Row = Omit<KeyedEntry, 'value'> & {
  readonly listId: string;
  readonly value: string | null;
  readonly sealed: Buffer | null;
};

/** An entry of before texts were sealed, if there is one. */
export async function findPlainEntry(db: Queries): Promise<KeyedEntry | undefined> {
  const { rows } = await sql<KeyedEntry>`
    SELECT e.id, e.application_id AS "applicationId", l.entry_type AS "entryType", e.value, e.match_key AS "matchKey"
    FROM list_entries e JOIN lists l ON l.id = e.list_id
    WHERE l.entry_type <> 'face' AND e.value IS NOT NULL LIMIT 1`.execute(db);
  return rows[0];
}

/** Whether anything is known that is found by a keyed hash. */
export async function hasHashes(db: Queries): Promise<boolean> {
  const { rows } = await sql<{ known: boolean }>`
    SELECT EXISTS (SELECT FROM visits) OR EXISTS (SELECT FROM known_devices) OR EXISTS (SELECT FROM devices)
      OR EXISTS (SELECT FROM list_entries) AS known`.execute(db);
  return rows[0]?.known === true;
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
