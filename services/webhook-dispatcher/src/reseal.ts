import { isFirstDataKeyOlderThan } from '@selfsame/keys/key-table';
import { errorCode } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import { findOlderSecrets, type OlderSecret, replaceSecrets } from './outbound/reseal-store.ts';

const batch = 100;
/** Replicas of a release before keyrings cannot open what is resealed: a rollout ends within this. */
const rolloutMinutes = 60;

/**
 * Takes secrets that are sealed under an older data key, or as they were before there were keyrings, to the newest data
 * key. Any number of replicas may do so; what cannot be opened stays, and is named in the log.
 *
 * @returns how many destinations were resealed
 */
export async function resealSecrets(context: Context, stopping: AbortSignal): Promise<number> {
  const { database, keyring, log } = context;
  if (!(await isFirstDataKeyOlderThan(database, rolloutMinutes))) return 0;
  await keyring.refresh();
  const newest = keyring.newestPrefix();
  let count = 0;
  let after: string | undefined;
  while (!stopping.aborted) {
    const found = await findOlderSecrets(database.db, newest, { after, limit: batch });
    for (const secret of found) {
      try {
        if (await reseal(context, secret)) count += 1;
      } catch (error) {
        log.error({ destination_id: secret.id, code: errorCode(error) }, 'a webhook secret cannot be opened');
      }
    }
    after = found.at(-1)?.id;
    if (found.length < batch) break;
  }
  if (count > 0)
    log.info({ count, data_key: keyring.newest() }, 'webhook secrets are under the newest data key');
  return count;
}

async function reseal({ database, secrets }: Context, known: OlderSecret): Promise<boolean> {
  const again = async (sealed: Buffer) => secrets.seal(await secrets.open(sealed, known), known);
  const { sealedSecret, sealedPreviousSecret } = known;
  return await replaceSecrets(database.db, known, {
    sealedSecret: await again(sealedSecret),
    sealedPreviousSecret: sealedPreviousSecret && (await again(sealedPreviousSecret)),
  });
}
