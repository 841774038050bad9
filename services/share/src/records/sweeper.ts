import { errorCode } from '@selfsame/runtime/errors';
import type { Context } from '../context.ts';
import { deleteOldConsents } from '../outbound/consent-erasure-store.ts';
import { deleteConsentRecords } from '../outbound/consent-record-store.ts';
import { emptyRecords } from '../outbound/record-store.ts';

const everyMs = 60 * 60_000;
const dayMs = 86_400_000;
/** Rows at once: nobody waits for a sweep. */
const batch = 500;
/** What nobody has agreed to is of no use to anybody. */
const ungivenDays = 30;

/** Now and every hour. Any number of replicas may do so: they take different rows. @returns how to stop */
export function startRecordSweeper(context: Context): () => Promise<void> {
  const stopping = new AbortController();
  const sweep = () =>
    sweepRecords(context, new Date(), stopping.signal).catch((error) =>
      context.log.warn({ code: errorCode(error) }, 'could not sweep the record of shares'),
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

/** Lets go of what entries say, of signed consents and of consents whose years are over. */
export async function sweepRecords(
  { config, database: { db } }: Pick<Context, 'config' | 'database'>,
  now: Date,
  signal?: AbortSignal,
): Promise<void> {
  const keptBefore = new Date(now.getTime() - config.shareRecordDays * dayMs);
  const ungiven = new Date(now.getTime() - ungivenDays * dayMs);
  const steps = [
    () => emptyRecords(db, keptBefore, batch),
    () => deleteConsentRecords(db, keptBefore, batch),
    () => deleteOldConsents(db, { ungiven, given: keptBefore }, batch),
  ];
  for (const step of steps) {
    while (!signal?.aborted && (await step()) === batch);
  }
}
