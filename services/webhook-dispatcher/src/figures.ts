import type { Context } from './context.ts';
import { addToTotals, newestPosition, startTotals } from './outbound/figures-store.ts';

/** Small, so that no row is locked for long. */
const batch = { destinations: 50, attempts: 2_000 };

/**
 * Adds attempts to the totals of their destinations, so that nobody who asks for figures counts them all, and so that the
 * figures outlive the log. Positions are handed out in order, yet may be committed out of order: what one round has seen
 * as the newest is added in the next one, when all below has been committed. Any number of replicas may do so.
 *
 * @param everyMs longer than any statement that writes attempts may take
 * @returns how to stop
 */
export function startFigures(
  { database, log }: Pick<Context, 'database' | 'log'>,
  everyMs = 60_000,
): () => Promise<void> {
  const stopping = new AbortController();
  let settled = 0;

  async function round(): Promise<void> {
    const through = settled;
    try {
      settled = await newestPosition(database.db);
      if (through > 0) await startTotals(database.db);
      while (!stopping.signal.aborted && (await addToTotals(database.db, { through, ...batch })) > 0);
    } catch (err) {
      log.warn({ err }, 'could not add up the figures of destinations');
    }
  }

  let running = round();
  const timer = setInterval(() => {
    running = running.then(round);
  }, everyMs);
  return async () => {
    clearInterval(timer);
    stopping.abort();
    await running;
  };
}
