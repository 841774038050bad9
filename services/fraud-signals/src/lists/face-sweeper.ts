import { errorCode } from '@selfsame/runtime/errors';
import type { Context } from '../context.ts';
import { claimDueFaces } from '../outbound/face-entry-store.ts';
import { deleteEmptyHiddenLists } from '../outbound/list-store.ts';
import { letGo } from './faces.ts';

const everyMs = 15_000;
const batch = 50;
/** A backlog beyond this goes on with the next period. */
const maxBatches = 20;
/** What could not be let go waits so long. */
const retryMs = 60_000;

/**
 * Takes off biometrics, now and every 15 seconds, the faces that count no more: deleted while biometrics was away, left by a
 * call that ended halfway, or on a list that was deleted. Any number of replicas may do so.
 * @returns how to stop
 */
export function startFaceSweeper(context: Context): () => Promise<void> {
  const stopping = new AbortController();
  const sweep = () =>
    sweepFaces(context, stopping.signal).catch((error) =>
      // Its code alone: a database may repeat what it was asked.
      context.log.warn({ code: errorCode(error) }, 'could not take faces off their lists'),
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
 * One round of it.
 * @returns how many faces were let go
 * @throws Failure when biometrics is away; the rest is due again later
 */
export async function sweepFaces(context: Context, stopping?: AbortSignal): Promise<number> {
  const { db } = context.database;
  let count = 0;
  for (let round = 0; round < maxBatches && !stopping?.aborted; round += 1) {
    const faces = await claimDueFaces(db, batch, retryMs);
    for (const face of faces) {
      if (stopping?.aborted) return count;
      await letGo(context, face);
      count += 1;
    }
    if (faces.length < batch) break;
  }
  await deleteEmptyHiddenLists(db);
  return count;
}
