import { cachedReadings, createGauge } from '@selfsame/runtime/metrics';
import type { Context } from './context.ts';
import { countDestinations, type DestinationState, readBacklog } from './outbound/backlog-store.ts';

const backlogCount = createGauge(
  'selfsame_webhook_backlog',
  'Deliveries that are due and not begun, of all replicas together, at most 2,000 of a destination: ready to go out, or limited by their destination.',
  ['state'],
);
const backlogOldest = createGauge(
  'selfsame_webhook_backlog_oldest_seconds',
  'How long the oldest delivery that is due and not begun has been due.',
  ['state'],
);
const destinationCount = createGauge(
  'selfsame_webhook_destinations',
  'Destinations by how they are doing, or by who has switched them off.',
  ['state'],
);

const backlogStates = ['ready', 'limited'] as const;
const destinationStates: readonly DestinationState[] = ['healthy', 'troubled', 'failing', 'off', 'disabled'];
const destinationsForMs = 60_000;

/** Shows what waits in the database to whoever scrapes. @returns how to stop */
export function showBacklog({ database }: Pick<Context, 'database'>): () => void {
  const backlog = cachedReadings(() => readBacklog(database.db));
  const destinations = cachedReadings(() => countDestinations(database.db), destinationsForMs);
  const shown = [
    backlogCount(async () => {
      const read = await backlog();
      return backlogStates.map((state) => ({ labels: { state }, value: read[state].count }));
    }),
    backlogOldest(async () => {
      const read = await backlog();
      return backlogStates.map((state) => ({ labels: { state }, value: read[state].oldestSeconds }));
    }),
    destinationCount(async () => {
      const counts = await destinations();
      return destinationStates.map((state) => ({ labels: { state }, value: counts.get(state) ?? 0 }));
    }),
  ];
  return () => {
    for (const hide of shown) hide();
  };
}
