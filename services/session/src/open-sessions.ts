import { cachedReadings, createGauge } from '@selfsame/runtime/metrics';
import type { Context } from './context.ts';
import { countOpenSessions } from './outbound/open-session-store.ts';

const openSessions = createGauge(
  'selfsame_sessions_open',
  'Sessions that wait for their user or for a reviewer, of all replicas together, at most 50,000 of a status.',
  ['status'],
);

/** Shows how many sessions are open to whoever scrapes. @returns how to stop */
export function showOpenSessions({ database }: Pick<Context, 'database'>): () => void {
  const count = cachedReadings(() => countOpenSessions(database.db));
  return openSessions(async () =>
    [...(await count())].map(([status, value]) => ({ labels: { status }, value })),
  );
}
