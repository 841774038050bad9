import type { Transaction } from '@selfsame/database/database';
import { errorCode } from '@selfsame/runtime/errors';
import type { Context } from '../context.ts';
import type { BiometricsTables } from '../outbound/tables.ts';
import { type OutdatedEntry, renewListEntry, takeOutdatedEntries } from './list-store.ts';

/** Some 20 ms of work between two turns of the event loop, most of it in Postgres. */
const BATCH = 40;
const BATCHES_MAX = 100_000;

/**
 * Carries the faces on lists over to the active key version. A subject comes back and is renewed then; whoever is on a
 * blocklist has no reason to, and must not drop off it because a key was rotated. A row that does not open is left.
 * @returns how many were carried over
 */
export async function renewListEntries(
  context: Pick<Context, 'database' | 'vault' | 'log'>,
): Promise<number> {
  let [total, after] = [0, 0];
  for (let batch = 0; batch < BATCHES_MAX; batch += 1) {
    const entries = await context.database.transaction(async (tx) => {
      const outdated = await takeOutdatedEntries(tx, after, BATCH);
      for (const entry of outdated) if (await renew(context, tx, entry)) total += 1;
      return outdated;
    });
    after = entries.at(-1)?.rowId ?? after;
    if (entries.length < BATCH) break;
  }
  return total;
}

async function renew(
  { vault, log }: Pick<Context, 'vault' | 'log'>,
  tx: Transaction<BiometricsTables>,
  { owner, from, to, template, rowId }: OutdatedEntry,
): Promise<boolean> {
  try {
    const face = vault.rekey(from, to, vault.open(owner, from, template));
    await renewListEntry(tx, rowId, vault.seal(owner, to, face, template));
    return true;
  } catch (error) {
    if (errorCode(error) !== 'template_unopenable') throw error;
    log.error(
      { row_id: rowId, code: errorCode(error) },
      'a face on a list does not open; it cannot be renewed',
    );
    return false;
  }
}
