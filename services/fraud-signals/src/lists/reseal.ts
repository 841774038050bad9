import { isFirstDataKeyOlderThan } from '@selfsame/keys/key-table';
import { errorCode } from '@selfsame/runtime/errors';
import type { Context } from '../context.ts';
import { openText, sealText } from '../outbound/entry-text.ts';
import { findOlderEntries, type OlderEntry, replaceTexts } from '../outbound/reseal-store.ts';

const batch = 500;
/** Replicas of a release before keyrings read what is not sealed: a rollout ends within this. */
const rolloutMinutes = 60;

/**
 * Seals the text of entries that lie as they were typed, and reseals what is under an older data key. Any number of replicas
 * may do so; what cannot be opened stays, and is named in the log.
 * @returns how many were sealed
 */
export async function resealEntries(context: Context, stopping?: AbortSignal): Promise<number> {
  const { database, keyring, log } = context;
  const { db } = database;
  if (!(await isFirstDataKeyOlderThan(database, rolloutMinutes))) return 0;
  await keyring.refresh();
  let count = 0;
  let after: string | undefined;
  while (!stopping?.aborted) {
    const entries = await findOlderEntries(db, keyring.newestPrefix(), { after, limit: batch });
    const sealed = [];
    for (const entry of entries) {
      try {
        sealed.push({ ...entry, sealed: await seal(context, entry) });
      } catch (error) {
        log.error({ entry_id: entry.id, code: errorCode(error) }, 'a list entry cannot be opened');
      }
    }
    count += await replaceTexts(db, sealed);
    after = entries.at(-1)?.id;
    if (entries.length < batch) break;
  }
  return count;
}

async function seal({ keyring }: Context, entry: OlderEntry): Promise<Buffer | null> {
  const text = entry.sealed === null ? entry.text : await openText(keyring, entry, entry.sealed);
  return sealText(keyring, entry, text);
}
