import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import { deleteAllOf } from './deletions.ts';
import { continueErasures } from './erasures.ts';
import { listDeletingAll } from './outbound/application-store.ts';
import { dropFaceRetention, takeDueFace } from './outbound/face-retention-store.ts';
import { wasEnrolledSince } from './outbound/session-creation-store.ts';
import { type RetentionReport, runRetention } from './retention.ts';

/** Of one application with each look; the next look goes on. */
const maxDeletedAtOnce = 20_000;
const maxFacesAtOnce = 100;

/**
 * Goes on with what was begun and not finished, and does what is due: sessions of `delete_all`, erasures, faces that were kept
 * for a time, and the retention of applications. Every replica does so; rows say who does what.
 */
export async function runUpkeep(
  context: Context,
  times: { readonly sweepIntervalMs: number; readonly retentionIntervalMs: number },
  signal: AbortSignal,
): Promise<void> {
  let retainedAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    await attempt(context, 'sessions are deleted later', () => continueDeletions(context));
    await attempt(context, 'erasures go on later', () => continueErasures(context));
    await attempt(context, 'faces are forgotten later', () => forgetDueFaces(context));
    if (performance.now() - retainedAt >= times.retentionIntervalMs) {
      retainedAt = performance.now();
      await attempt(context, 'sessions that are too old go later', async () => {
        for (const report of await runRetention(context, { signal })) tell(context, report);
      });
    }
    await delay(times.sweepIntervalMs, undefined, { signal }).catch(() => undefined);
  }
}

async function attempt(
  { log }: Pick<Context, 'log'>,
  otherwise: string,
  run: () => Promise<unknown>,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    // The code alone: what Postgres says of a statement may repeat its values.
    log.warn({ code: errorCode(error) }, otherwise);
  }
}

async function continueDeletions(context: Context): Promise<void> {
  for (const applicationId of await listDeletingAll(context.database.db))
    await deleteAllOf(context, applicationId, maxDeletedAtOnce);
}

/**
 * Forgets faces that were to stay for a time after their session was deleted. Who has enrolled since is back, and stays.
 * @returns how many are done
 */
export async function forgetDueFaces({ database, biometrics }: Context): Promise<number> {
  let done = 0;
  while (done < maxFacesAtOnce) {
    const isMore = await database.transaction(async (tx) => {
      const due = await takeDueFace(tx, new Date());
      if (due === null) return false;
      const { applicationId, vendorData, askedAt } = due;
      const isBack = await wasEnrolledSince(tx, [applicationId], vendorData, askedAt);
      if (!isBack) await biometrics.forget({ applicationId, vendorData });
      await dropFaceRetention(tx, due);
      return true;
    });
    if (!isMore) break;
    done += 1;
  }
  return done;
}

function tell({ log }: Context, { application, deleted, left }: RetentionReport): void {
  const { hosted, api, imported, oldest } = deleted;
  log.info(
    {
      application_id: application.id,
      hosted,
      api,
      imported,
      oldest,
      left: left.hosted + left.api + left.imported,
    },
    'sessions that were too old are deleted',
  );
}
