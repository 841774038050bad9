import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from './context.ts';
import { confirmFinished } from './erasure.ts';
import { conversionIsDue } from './outbound/plain-store.ts';
import { protectPlainTemplates } from './plain-templates.ts';
import { renewListEntries } from './search/list-renewal.ts';
import { eraseRevoked } from './template-keys.ts';
import { sweep } from './templates.ts';

/** When the sweeper does what. */
export interface SweeperTimes {
  readonly intervalMs: number;
  /** How long what an earlier release left stays as it is, counted from the migration that brought key versions. */
  readonly convertAfterMinutes: number;
}

/**
 * Removes what has expired or was revoked, protects what an earlier release left and carries face lists over to new key
 * versions, now and at every interval, beside any number of replicas.
 * @returns how to stop it; resolves when the sweep under way is done
 */
export function startSweeper(
  context: Pick<Context, 'database' | 'log' | 'vault' | 'images' | 'bus'>,
  { intervalMs, convertAfterMinutes }: SweeperTimes,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        const dropped = await sweep(context);
        if (dropped > 0) context.log.info({ dropped }, 'expired templates removed');
        const removed = await context.images.sweep();
        if (removed > 0) context.log.info({ removed }, 'kept pictures of deleted sessions removed');
        await confirmFinished(context);
        const erased = await eraseRevoked(context);
        if (erased > 0) context.log.info({ erased }, 'templates of revoked key versions erased');
        const due = await conversionIsDue(context.database.db, convertAfterMinutes);
        const converted = due ? await protectPlainTemplates(context) : 0;
        if (converted > 0) context.log.info({ converted }, 'templates of an earlier release protected');
        const renewed = await renewListEntries(context);
        if (renewed > 0)
          context.log.info({ renewed }, 'faces on lists carried over to the active key version');
      } catch (err) {
        context.log.warn({ err }, 'could not tidy the templates; trying again');
      }
      await pause(intervalMs, undefined, { signal }).catch(() => {});
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
