import { createGauge, createHistogram } from '@selfsame/runtime/metrics';
import { dependOn } from '@selfsame/runtime/readiness';
import type pg from 'pg';

const readConnections = createGauge(
  'selfsame_database_connections',
  'Connections of this process, and who waits for one.',
  ['state'],
);
const seconds = createHistogram(
  'selfsame_database_transaction_seconds',
  'Transactions, waiting for a connection included.',
  { labels: ['outcome'] },
);

/** What has answered so lately need not be asked. */
const freshMs = 2_000;

/**
 * Lets the pool be measured, and the process depend on the server behind it. The server is asked only when no query has come
 * back lately: where all connections are busy it answers, and a question of ours would wait for its turn.
 *
 * @param ask a query
 * @returns how to end it
 */
export function watchPool(pool: pg.Pool, ask: () => Promise<unknown>): () => void {
  let answeredAt = performance.now();
  pool.on('connect', (client) => {
    client.on('drain', () => {
      answeredAt = performance.now();
    });
  });
  const hide = readConnections(() => [
    { labels: { state: 'used' }, value: pool.totalCount - pool.idleCount },
    { labels: { state: 'idle' }, value: pool.idleCount },
    // Whoever finds a free one has it a moment later, the questions of this very scrape among them.
    { labels: { state: 'waiting' }, value: Math.max(0, pool.waitingCount - pool.idleCount) },
  ]);
  const leave = dependOn('database', async () => {
    if (performance.now() - answeredAt > freshMs) await ask();
  });
  return () => {
    hide();
    leave();
  };
}

/** Measures a transaction by how it ended. */
export async function measured<T>(transaction: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const note = (outcome: string) => seconds.observe({ outcome }, (performance.now() - startedAt) / 1_000);
  try {
    const result = await transaction();
    note('committed');
    return result;
  } catch (error) {
    note('rolled_back');
    throw error;
  }
}
