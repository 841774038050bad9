import { Failure } from '@selfsame/runtime/errors';
import type { Context } from '../context.ts';
import { matchKeysOf } from '../domain/lists/match-key.ts';
import { readValue } from '../domain/lists/value.ts';
import { findKeyedEntries, type KeyedEntry, saveMatchKeys } from '../outbound/list-key-store.ts';

type Keyed = Pick<Context, 'hash' | 'database'>;

const batch = 1_000;

/**
 * Under another key nobody would be found on any blocklist, without a word: better not to start.
 * @throws Failure `signals_key_mismatch`
 */
export async function requireMatchingListKey({ hash, database }: Keyed): Promise<void> {
  const [entry] = await findKeyedEntries(database.db, 1);
  if (entry === undefined || keyOf(hash, entry)?.equals(entry.matchKey) !== false) return;
  throw new Failure(
    'precondition',
    'signals_key_mismatch',
    'SIGNALS_KEY is not the key that the lists were made under: set that one, or take the lists over to the new one with ' +
      'pnpm rekey-lists (docs/lists.md says how)',
  );
}

/**
 * Takes the entries of all lists over to the key of `hash`, as far as their values are there: those of people who were erased
 * are found no more.
 * @returns how many were taken over
 */
export async function rekeyLists({ hash, database }: Keyed): Promise<number> {
  let count = 0;
  let after: string | undefined;
  for (;;) {
    const entries = await findKeyedEntries(database.db, batch, after);
    const keys = entries.flatMap((entry) => {
      const matchKey = keyOf(hash, entry);
      return matchKey === undefined ? [] : [{ id: entry.id, matchKey }];
    });
    await saveMatchKeys(database.db, keys);
    count += keys.length;
    after = entries.at(-1)?.id;
    if (entries.length < batch) return count;
  }
}

/** undefined for a value that was taken once and would not be today. */
function keyOf(hash: Context['hash'], { applicationId, entryType, value }: KeyedEntry): Buffer | undefined {
  const read = readValue(entryType, value);
  return 'mistake' in read ? undefined : matchKeysOf(hash, applicationId)(entryType, read.normal);
}
