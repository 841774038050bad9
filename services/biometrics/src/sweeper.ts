import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from './context.ts';
import { sweep } from './templates.ts';

/**
 * Removes what has expired, now and at every interval, beside any number of replicas.
 * @returns how to stop it; resolves when the sweep under way is done
 */
export function startSweeper(
  context: Pick<Context, 'database' | 'log'>,
  intervalMs: number,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        const dropped = await sweep(context);
        if (dropped > 0) context.log.info({ dropped }, 'expired templates removed');
      } catch (err) {
        context.log.warn({ err }, 'could not remove expired templates; trying again');
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
