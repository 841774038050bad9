import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamState } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { captureCompleted, sessionDeleted } from '@selfsame/contracts/catalog';
import type { Database } from '@selfsame/database/database';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBus } from './bus.ts';
import { applyEffect, captured, log, observedLog, openWorld, type Service } from './harness.ts';
import { openJetStream } from './jetstream.ts';
import { createTrimmer } from './trim.ts';

const stream = { streamMaxBytes: 1024 ** 2 };
/** About 230 of these fill the stream of these tests. */
const filling = 'x'.repeat(4_000);

let world: Awaited<ReturnType<typeof openWorld>>;
beforeEach(async () => {
  world = await openWorld({ stream });
});
afterEach(() => world.close());

async function api<Answer>(subject: string, body: object = {}): Promise<Answer> {
  const raw = await connect({ servers: world.nats.url });
  try {
    return (await raw.request(`$JS.API.${subject}`, JSON.stringify(body))).json<Answer>();
  } finally {
    await raw.close();
  }
}
const state = async () => (await api<{ state: StreamState }>('STREAM.INFO.SELFSAME')).state;

async function send({ database, bus }: Service, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    ids.push(
      ...(await Promise.all(
        Array.from({ length: 50 }, () =>
          database.transaction((tx) => bus.enqueue(tx, captureCompleted, captured(filling))),
        ),
      )),
    );
  }
  return ids;
}

async function waitingIn({ database }: Service): Promise<number> {
  const { rows } = await sql<{
    count: number;
  }>`SELECT count(*) FROM outbox WHERE incarnation IS NULL`.execute(database.db);
  return rows[0]?.count ?? 0;
}

/** The stream has no room for more, and what comes waits. */
async function isFull(sender: Service): Promise<void> {
  await waitFor('a full stream', async () => (await state()).bytes > 0.95 * stream.streamMaxBytes);
  await waitFor('events that wait', async () => (await waitingIn(sender)) > 0);
}

async function expectEffects(receiver: Service, ids: string[]): Promise<void> {
  await waitFor('every effect', async () => (await receiver.effects()).length >= ids.length, {
    timeoutMs: 60_000,
    intervalMs: 100,
  });
  const effects = await receiver.effects();
  expect(effects.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  expect(effects.filter(({ times }) => times !== 1)).toEqual([]);
}

test('a stream that nearly is full is trimmed of what all have read, and more than it can hold goes through it', async () => {
  const sender = await world.service('sender');
  const receiver = await world.service('receiver');
  await receiver.bus.subscribe(captureCompleted, applyEffect, { concurrency: 8 });
  const ids = await send(sender, 600);
  await expectEffects(receiver, ids);
  await waitFor('room in the stream', async () => (await state()).bytes < 0.8 * stream.streamMaxBytes);
  expect((await state()).first_seq).toBeGreaterThan(1);
  expect(await waitingIn(sender)).toBe(0);
}, 120_000);

test('a consumer that is away misses nothing: the rest waits in the outbox, and the log names it', async () => {
  const { log: seen, lines } = observedLog('warn');
  const receiver = await world.service('receiver');
  const early = await world.service('quick');
  await receiver.bus.subscribe(captureCompleted, applyEffect, { concurrency: 8 });
  await early.bus.subscribe(captureCompleted, applyEffect, { concurrency: 8 });
  const sender = await world.service('sender', { log: seen });
  const before = await send(sender, 50);
  await expectEffects(receiver, before);
  await receiver.close();

  const ids = [...before, ...(await send(sender, 450))];
  const complaint = await waitFor('a complaint', () =>
    lines.find((line) => String(line.msg).includes('the stream fills up')),
  );
  expect(complaint).toMatchObject({ reader: 'receiver-capture-completed', fill: expect.any(Number) });
  await isFull(sender);
  // Without an outbox there is nowhere to wait.
  const capture = await openBus({ service: 'capture', url: world.nats.url, log });
  await expect(
    capture.publish(captureCompleted, 'no room', captured(filling.repeat(25))),
  ).rejects.toMatchObject({
    code: 'bus_unavailable',
    retryable: true,
  });
  await capture.close();

  const back = await world.service('receiver');
  await back.bus.subscribe(captureCompleted, applyEffect, { concurrency: 8 });
  await expectEffects(back, ids);
  await waitFor('an empty outbox', async () => (await waitingIn(sender)) === 0);
  expect((await early.effects()).length).toBe(ids.length);
}, 120_000);

test('a consumer of rare events holds back nothing', async () => {
  const sender = await world.service('sender');
  const receiver = await world.service('receiver');
  await receiver.bus.subscribe(sessionDeleted, async () => {});
  await receiver.bus.subscribe(captureCompleted, applyEffect, { concurrency: 8 });
  const ids = await send(sender, 450);
  await expectEffects(receiver, ids);
}, 120_000);

test('an event that waits to be tried again is not trimmed', async () => {
  const sender = await world.service('sender');
  const receiver = await world.service('receiver');
  let mended = false;
  const [poison] = await send(sender, 1);
  await receiver.bus.subscribe(
    captureCompleted,
    async (tx, event) => {
      if (event.id === poison && !mended) throw new Error('not yet');
      await applyEffect(tx, event);
    },
    { concurrency: 8 },
  );
  await send(sender, 450);
  await isFull(sender);
  await sleep(2_500); // looks at a full stream
  const { stream_sequence } = await sender.database.db
    .selectFrom('outbox')
    .select('stream_sequence')
    .where('id', '=', poison ?? '')
    .executeTakeFirstOrThrow();
  expect((await state()).first_seq).toBeLessThanOrEqual(stream_sequence ?? 0);
  mended = true;
  await waitFor('its effect', async () => (await receiver.effects()).some(({ id }) => id === poison), {
    timeoutMs: 60_000,
  });
  await waitFor('an empty outbox', async () => (await waitingIn(sender)) === 0);
}, 120_000);

test('a stream that was lost is not trimmed before all who read the old one are back', async () => {
  const receiver = await world.service('receiver');
  await receiver.bus.subscribe(captureCompleted, applyEffect, { concurrency: 8 });
  // They look who reads at their start, and every ten seconds.
  const sender = await world.service('sender');
  const quick = await world.service('quick');
  for (const { database } of [sender, quick]) {
    await waitFor('the receiver to be known', async () => {
      const readers = await database.db.selectFrom('stream_readers').select('consumer').execute();
      return readers.some(({ consumer }) => consumer === 'receiver-capture-completed');
    });
  }
  await quick.bus.subscribe(captureCompleted, applyEffect, { concurrency: 8 });
  const before = await send(sender, 50);
  await expectEffects(receiver, before);
  await receiver.close();
  await world.nats.restart({ wipeStore: true });
  const after = await send(sender, 450);
  await isFull(sender);
  await sleep(2_500); // looks at a full stream
  expect((await state()).first_seq).toBe(1);
  const back = await world.service('receiver');
  await back.bus.subscribe(captureCompleted, applyEffect, { concurrency: 8 });
  await expectEffects(back, [...before, ...after]);
  await waitFor('an empty outbox', async () => (await waitingIn(sender)) === 0);
}, 120_000);

test('what all have read leaves by its age, what somebody has not read stays, and that is said', async () => {
  const { log: seen, lines } = observedLog('warn');
  const service = await world.service('receiver');
  await service.bus.subscribe(captureCompleted, applyEffect);
  await expectEffects(service, await send(service, 50));
  const jetstream = await openJetStream('x', world.nats.url, log, stream);
  const look = async (keepMs: number) => {
    const trim = createTrimmer({ jetstream, database: service.database as Database, log: seen, keepMs });
    await trim(await jetstream.look());
    return (await state()).first_seq;
  };
  await api('CONSUMER.DURABLE.CREATE.SELFSAME.slow', {
    stream_name: 'SELFSAME',
    config: {
      durable_name: 'slow',
      ack_policy: 'explicit',
      deliver_policy: 'by_start_sequence',
      opt_start_seq: 31,
    },
  });
  expect(await look(60_000)).toBe(1);
  expect(lines).toEqual([]);
  await sleep(50);
  expect(await look(50)).toBe(31);
  expect(lines).toMatchObject([{ reader: 'slow', msg: 'a consumer is far behind' }]);
  await api('CONSUMER.DELETE.SELFSAME.slow');
  await service.database.db.deleteFrom('stream_readers').where('consumer', '=', 'slow').execute();
  expect(await look(50)).toBe(51);
  await jetstream.close();
});

test('only events that are too old leave by their age', async () => {
  const service = await world.service('sender');
  const jetstream = await openJetStream('x', world.nats.url, log, stream);
  await send(service, 50);
  await sleep(1_100);
  const young = Date.now();
  await send(service, 50);
  const trim = createTrimmer({
    jetstream,
    database: service.database as Database,
    log,
    keepMs: Date.now() - young + 500,
  });
  await trim(await jetstream.look());
  expect((await state()).first_seq).toBe(51);
  await jetstream.close();
});
