import { connect } from '@nats-io/transport-node';
import { captureCompleted, sessionStatusChanged, streamName } from '@selfsame/contracts/catalog';
import { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import { exposeMetrics } from '@selfsame/runtime/metrics';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyEffect, captured, openWorld, type Service } from './harness.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
let measured: Service;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

function send({ database, bus }: Service, sessionId: string): Promise<string> {
  return database.transaction((tx) => bus.enqueue(tx, captureCompleted, captured(sessionId)));
}

/** The value of one series; undefined when there is none. */
async function value(series: string): Promise<number | undefined> {
  const { text } = await exposeMetrics();
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1).split(' ')[0]);
}
const reaches = (series: string, wanted: number) =>
  waitFor(`${series} ${wanted}`, async () => (await value(series)) === wanted);

const handled = (outcome: string) =>
  `selfsame_bus_handling_seconds_count{event="capture.completed",outcome="${outcome}"}`;

test('events are counted where they go, by what became of them, and tell nothing of themselves', async () => {
  const service = await world.service('measured');
  measured = service;
  await service.bus.subscribe(
    captureCompleted,
    async (tx, event) => {
      if (event.message.sessionId === 'secret-poison') throw new Error('secret-cause');
      await applyEffect(tx, event);
    },
    { maxDeliver: 2 },
  );
  const ids = [await send(service, 'secret-good'), await send(service, 'secret-poison')];

  await reaches('selfsame_bus_published_total{event="capture.completed"}', 2);
  await reaches(handled('handled'), 1);
  await reaches(handled('buried'), 1);
  expect(await value(handled('retried'))).toBe(1);
  expect(await value('selfsame_bus_event_age_seconds_count{event="capture.completed"}')).toBe(1);

  // A consumer that somebody deletes is made anew and reads everything again.
  const raw = await connect({ servers: world.nats.url });
  await raw.request(`$JS.API.CONSUMER.DELETE.${streamName}.measured-capture-completed`);
  await raw.close();
  await waitFor('the event again', async () => ((await value(handled('duplicate'))) ?? 0) >= 1);
  expect(await value(handled('handled'))).toBe(1);

  const { text } = await exposeMetrics();
  for (const secret of [...ids, 'secret-', 'measured-capture']) expect(text).not.toContain(secret);
});

test('what lies in dead_letters shows until somebody has taken care of it', async () => {
  // What has been counted is told for a while; a replica that comes counts anew.
  await measured.close();
  const replica = await world.service('measured');
  await reaches('selfsame_bus_dead_letters{event="capture.completed"}', 1);
  await replica.close();
});

test('dead letters are counted to 10,000, however many lie there', async () => {
  const { database } = await world.service('swamped');
  await sql`INSERT INTO dead_letters (consumer, event_id, subject, payload, headers, reason, deliveries)
    SELECT 'swamped', number::text, 'selfsame.many', '', '{}', 'broken', 1
    FROM generate_series(1, 10005) AS number`.execute(database.db);
  await reaches('selfsame_bus_dead_letters{event="many"}', 10_000);
});

test('what a consumer has not handled shows as its backlog', async () => {
  const service = await world.service('busy');
  const release = Promise.withResolvers<void>();
  await service.bus.subscribe(sessionStatusChanged, () => release.promise, { concurrency: 1 });
  for (let times = 0; times < 3; times += 1) {
    await service.database.transaction((tx) =>
      service.bus.enqueue(tx, sessionStatusChanged, SessionStatusChanged.fromPartial({})),
    );
  }
  const backlog = 'selfsame_bus_consumer_pending{event="session.status_changed"}';
  await reaches(backlog, 3);
  release.resolve();
  await reaches(backlog, 0);
  await service.close();
  expect(await value(backlog)).toBeUndefined();
});

test('events wait in the outbox while NATS is away, and a failed publish counts', async () => {
  const service = await world.service('waiting');
  await world.nats.kill();
  for (let times = 0; times < 3; times += 1) await send(service, 'x');
  await reaches('selfsame_bus_outbox_pending', 3);
  expect(await value('selfsame_bus_outbox_oldest_seconds')).toBeGreaterThan(0);
  await world.nats.restart();
  await reaches('selfsame_bus_outbox_pending', 0);
  expect(await value('selfsame_bus_outbox_oldest_seconds')).toBe(0);
}, 40_000);
