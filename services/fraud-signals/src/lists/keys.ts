import type { SealedBefore } from '@selfsame/keys/keyring';
import { Failure } from '@selfsame/runtime/errors';
import type { Context } from '../context.ts';
import { createKeyedHash } from '../domain/keyed-hash.ts';
import { matchKeysOf } from '../domain/lists/match-key.ts';
import { readValue } from '../domain/lists/value.ts';
import { saveHashKey } from '../outbound/hash-key-store.ts';
import {
  findKeyedEntries,
  findPlainEntry,
  hasHashes,
  type KeyedEntry,
  saveMatchKeys,
} from '../outbound/list-key-store.ts';
import type { Queries } from '../outbound/tables.ts';

type Keyed = Pick<Context, 'hash' | 'database' | 'keyring'>;

const batch = 1_000;

/** Tells whether a key is the one that hashes were made under before there were keyrings; undefined when there are none. */
export async function hashedBefore(db: Queries): Promise<SealedBefore | undefined> {
  if (!(await hasHashes(db))) return undefined;
  const entry = await findPlainEntry(db);
  return (key) => entry === undefined || keyOf(createKeyedHash(key), entry)?.equals(entry.matchKey) !== false;
}

/**
 * Under another key nobody would be found on any blocklist, without a word: better not to start.
 * @throws Failure `signals_key_mismatch`
 */
export async function requireMatchingListKey({ hash, database, keyring }: Keyed): Promise<void> {
  const [entry] = await findKeyedEntries(database.db, keyring, 1);
  if (entry === undefined || keyOf(hash, entry)?.equals(entry.matchKey) !== false) return;
  throw new Failure(
    'precondition',
    'signals_key_mismatch',
    'The lists were made under another key than the one that the data keys hold: restore both from the same backup, or take ' +
      'the lists over with pnpm rekey-lists (docs/lists.md says how)',
  );
}

/**
 * Takes the entries of all lists over to a key, as far as their values are there: those of people who were erased are found no
 * more. From the next start on everything is named and hashed under it.
 * @returns how many were taken over
 */
export async function rekeyLists(
  { database, keyring }: Pick<Context, 'database' | 'keyring'>,
  key: Buffer,
): Promise<number> {
  const hash = createKeyedHash(key);
  return await database.transaction(async (tx) => {
    let count = 0;
    let after: string | undefined;
    for (;;) {
      const entries = await findKeyedEntries(tx, keyring, batch, after);
      const keys = entries.flatMap((entry) => {
        const matchKey = keyOf(hash, entry);
        return matchKey === undefined ? [] : [{ id: entry.id, matchKey }];
      });
      await saveMatchKeys(tx, keys);
      count += keys.length;
      after = entries.at(-1)?.id;
      if (entries.length < batch) break;
    }
    await saveHashKey(tx, keyring, key);
    return count;
  });
}

/** undefined for a value that was taken once and would not be today. */
function keyOf(hash: Context['hash'], { applicationId, entryType, value }: KeyedEntry): Buffer | undefined {
  const read = readValue(entryType, value);
  return 'mistake' in read ? undefined : matchKeysOf(hash, applicationId)(entryType, read.normal);
}
