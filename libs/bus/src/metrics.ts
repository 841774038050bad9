import { type Context, context } from '@opentelemetry/api';
import type { EventType } from '@selfsame/contracts/catalog';
import type { Database } from '@selfsame/database/database';
import {
  cachedReadings,
  createCounter,
  createGauge,
  createHistogram,
  secondsBuckets,
} from '@selfsame/runtime/metrics';
import { sql } from 'kysely';
import { readUnpublished } from './outbox.ts';
import type { BusTables } from './tables.ts';

/** What became of a delivery. */
export type Outcome = 'handled' | 'duplicate' | 'retried' | 'buried';

const published = createCounter('selfsame_bus_published_total', 'Events that the stream has stored.', [
  'event',
]);
const publishFailures = createCounter(
  'selfsame_bus_publish_failures_total',
  'Publishes that failed; the event waits in the outbox, where there is one.',
  ['event'],
);
const handling = createHistogram('selfsame_bus_handling_seconds', 'Deliveries, from arrival to their end.', {
  labels: ['event', 'outcome'],
});
const age = createHistogram('selfsame_bus_event_age_seconds', 'From the publisher to the end of handling.', {
  labels: ['event'],
  buckets: [...secondsBuckets, 60, 300, 1_800, 3_600],
});
const readPending = createGauge(
  'selfsame_bus_outbox_pending',
  'Events that no stream has yet; counted to 10,000. The same for all replicas.',
);
const readOldest = createGauge(
  'selfsame_bus_outbox_oldest_seconds',
  'How long the oldest event has waited for the stream; 0 when none waits.',
);
const readDeadLetters = createGauge(
  'selfsame_bus_dead_letters',
  'Events that wait in dead_letters for somebody to mend and replay them; counted to 10,000. The same for all replicas.',
  ['event'],
);

const cachedMs = 2_000;
/** How many dead letters are counted: a longer list takes longer to count, and tells nobody more. */
const lettersCountedTo = 10_000;

const eventOf = (subject: string) => subject.replace(/^selfsame\./, '');

/** Counts a publish by what came of it. */
export function notePublish(subject: string, isStored: boolean): void {
  (isStored ? published : publishFailures).add({ event: eventOf(subject) });
}

/** Measures a delivery in the trace of its publisher. */
export function noteHandling(
  event: Pick<EventType<unknown>, 'name'>,
  outcome: Outcome,
  times: { startedAt: number; publishedAt: Date; trace: Context },
): void {
  context.with(times.trace, () => {
    handling.observe({ event: event.name, outcome }, (performance.now() - times.startedAt) / 1_000);
    if (outcome !== 'handled') return;
    // Clocks of two machines differ.
    age.observe({ event: event.name }, Math.max(0, Date.now() - times.publishedAt.getTime()) / 1_000);
  });
}

/** Lets outbox and dead letters of a service be read. @returns how to end it */
export function exposeTables({ db }: Database<BusTables>): () => void {
  const waiting = cachedReadings(async () => [await readUnpublished(db)], cachedMs);
  const letters = cachedReadings(async () => {
    const { rows } = await sql<{ subject: string; letters: number }>`
      SELECT subject, count(*) AS letters
      FROM (SELECT subject FROM dead_letters LIMIT ${lettersCountedTo}) AS counted GROUP BY subject`.execute(
      db,
    );
    return rows.map((row) => ({ labels: { event: eventOf(row.subject) }, value: row.letters }));
  });
  const closings = [
    readPending(async () => (await waiting()).map(({ unpublished }) => ({ labels: {}, value: unpublished }))),
    readOldest(async () =>
      (await waiting()).map(({ oldestUnpublished: oldest }) => ({
        labels: {},
        value: oldest === null ? 0 : Math.max(0, Date.now() - oldest.getTime()) / 1_000,
      })),
    ),
    readDeadLetters(letters),
  ];
  return () => {
    for (const close of closings) close();
  };
}
