import { errorCode } from '@selfsame/runtime/errors';
import type { Context } from '../context.ts';
import { carryOut, giveUp } from '../imports/saga.ts';
import { forgetRetiredAudienceKeys } from '../outbound/audience-key-store.ts';
import { deleteOldImports, findLeft, findShareOfImport, takePending } from '../outbound/import-store.ts';
import { deleteOldShares, dropExpiredSnapshots, findShareOfToken } from '../outbound/share-store.ts';
import { holdConsent, holdOpenShare } from './holding.ts';

const everyMs = 15_000;
/** Who has asked comes again sooner. */
const leftAfterMs = 30_000;
const batch = 50;

/** Now and every 15 seconds. Any number of replicas may do so. @returns how to stop */
export function startShareSweeper(context: Context): () => Promise<void> {
  const stopping = new AbortController();
  const sweep = () =>
    sweepShares(context, { stopping: stopping.signal }).catch((error) =>
      // Its code alone: a database may repeat what it was asked.
      context.log.warn({ code: errorCode(error) }, 'could not sweep shares and imports'),
    );
  let running: Promise<unknown> = sweep();
  const timer = setInterval(() => {
    running = running.then(sweep);
  }, everyMs);
  return async () => {
    clearInterval(timer);
    stopping.abort();
    await running;
  };
}

/**
 * Finishes imports that a crash has left, and lets go of what nobody may open or needs to know any more.
 * @returns how many imports are not pending any more
 */
export async function sweepShares(
  context: Context,
  options: { stopping?: AbortSignal; afterMs?: number } = {},
): Promise<number> {
  const { db } = context.database;
  const { stopping, afterMs = leftAfterMs } = options;
  let count = 0;
  for (const importId of await findLeft(db, afterMs, batch)) {
    if (stopping?.aborted) return count;
    if (await goOn(context, importId)) count += 1;
  }
  const { shareRecordDays } = context.config;
  await dropExpiredSnapshots(db);
  await forgetRetiredAudienceKeys(db);
  await deleteOldShares(db, shareRecordDays);
  await deleteOldImports(db, shareRecordDays);
  return count;
}

/**
 * The token was good when the place was taken: its time may be over since, but not what it rests on. The consent, the import and
 * the share are held in the order that everybody takes.
 */
async function goOn(context: Context, importId: string): Promise<boolean> {
  const { database, log } = context;
  try {
    const shareId = await findShareOfImport(database.db, importId);
    return await database.transaction(async (tx) => {
      const share = shareId === undefined ? undefined : await findShareOfToken(tx, shareId);
      const consent = share && (await holdConsent(tx, share));
      const row = await takePending(tx, importId);
      if (!row || row.share_id !== (shareId ?? null)) return false;
      const open = share ? await holdOpenShare(tx, share, consent) : 'session_gone';
      const result =
        typeof open === 'string'
          ? await giveUp(context, { tx, row, share }, open)
          : await carryOut(context, { tx, row, ...open, snapshot: undefined });
      log.info(
        { import_id: importId, result: typeof result === 'string' ? result : 'imported' },
        'import swept',
      );
      return true;
    });
  } catch (error) {
    log.warn({ import_id: importId, code: errorCode(error) }, 'an import is still pending');
    return false;
  }
}
