import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { captureCompleted } from '@selfsame/contracts/catalog';
import type { TestNats } from '@selfsame/testing/nats';
import { waitFor } from '@selfsame/testing/wait';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBus } from './bus.ts';
import { applyEffect, captured, log, openWorld, type Service } from './harness.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

function send({ database, bus }: Service): Promise<string> {
  return database.transaction((tx) => bus.enqueue(tx, captureCompleted, captured('')));
}

async function sendAcknowledged(sender: Service, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(await send(sender));
  await waitFor('acknowledgements', async () => {
    const { rows } = await waitingIn(sender);
    return rows === 0;
  });
  return ids;
}

async function waitingIn({ database }: Service): Promise<{ rows: number }> {
  const { rows } = await database.db
    .selectFrom('outbox')
    .select((query) => query.fn.countAll<number>().as('rows'))
    .where('incarnation', 'is', null)
    .executeTakeFirstOrThrow();
  return { rows };
}

/** Every id has had its effect, exactly once. */
async function expectEffects(receiver: Service, ids: readonly string[], timeoutMs = 15_000): Promise<void> {
  const wanted = new Set(ids);
  await waitFor(
    'every effect',
    async () => {
      const happened = (await receiver.effects()).filter(({ id }) => wanted.has(id));
      if (happened.length < wanted.size) throw new Error(`${happened.length} of ${wanted.size}`);
      return true;
    },
    { timeoutMs, intervalMs: 50 },
  );
  expect((await receiver.effects()).filter(({ times }) => times !== 1)).toEqual([]);
}

/** Ids in the stream, as somebody sees them who has never read it. */
async function idsInStream(nats: TestNats): Promise<string[]> {
  const connection = await connect({ servers: nats.url });
  try {
    const { state } = (await connection.request('$JS.API.STREAM.INFO.SELFSAME')).json<{
      state: { first_seq: number; last_seq: number };
    }>();
    const ids: string[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const answer = await connection.request('$JS.API.STREAM.MSG.GET.SELFSAME', JSON.stringify({ seq }));
      const headers = Buffer.from(answer.json<{ message: { hdrs: string } }>().message.hdrs, 'base64');
      ids.push(/Nats-Msg-Id: ?(\S+)/.exec(headers.toString())?.[1] ?? '');
    }
    return ids;
  } finally {
    await connection.close();
  }
}

const streamFiles = ['jetstream', '$G', 'streams', 'SELFSAME'];

test('deleting the whole JetStream store under load loses nothing', async () => {
  const senders = [await world.service('sender'), await world.service('sender')];
  const receivers = [await world.service('receiver'), await world.service('receiver')];
  for (const { bus } of receivers) await bus.subscribe(captureCompleted, applyEffect, { concurrency: 3 });

  const committed: string[] = [];
  let loaded = true;
  const load = senders.map(async (sender) => {
    while (loaded) {
      committed.push(await send(sender));
      await sleep(2);
    }
  });
  const reached = (count: number) => waitFor(`${count} commits`, () => committed.length >= count);
  await reached(100);
  for (const wiped of [1, 2]) {
    await world.nats.kill();
    await reached(committed.length + 50); // commits go on while there is no server
    await world.nats.restart({ wipeStore: true });
    await reached(committed.length + 100 * wiped);
  }
  loaded = false;
  await Promise.all(load);

  expect(new Set(committed).size).toBeGreaterThan(400);
  await expectEffects(receivers[0] as Service, committed);
  expect(await receivers[0]?.database.db.selectFrom('dead_letters').selectAll().execute()).toEqual([]);
  await waitFor('the whole history in the new stream', async () => {
    const found = new Set(await idsInStream(world.nats));
    return committed.every((id) => found.has(id));
  });
}, 60_000);

test('what a stream lost with its end is published again, in its order', async () => {
  const sender = await world.service('sender');
  const early = await sendAcknowledged(sender, 5);
  const backup = await copyStore(world.nats);
  const late = await sendAcknowledged(sender, 5);
  await restoreStore(world.nats, backup);
  const ids = await waitFor('the lost end', async () => {
    const found = await idsInStream(world.nats);
    return found.length >= 10 && found;
  });
  expect(ids).toEqual([...early, ...late]);
});

test('a loss is noticed although others have filled up the stream since', async () => {
  const sender = await world.service('sender');
  await sendAcknowledged(sender, 5);
  const backup = await copyStore(world.nats);
  const late = await sendAcknowledged(sender, 5);
  await sender.close();
  await restoreStore(world.nats, backup);
  const other = await openBus({ service: 'other', url: world.nats.url, log });
  for (let count = 0; count < 10; count++) {
    await other.publish(captureCompleted, crypto.randomUUID(), captured('filling'));
  }
  await other.close();
  await world.service('sender');
  await waitFor('the lost end', async () => {
    const found = new Set(await idsInStream(world.nats));
    return late.every((id) => found.has(id));
  });
});

test('a consumer ahead of a shortened stream does not skip what comes next', async () => {
  const sender = await world.service('sender');
  const receiver = await world.service('receiver');
  await receiver.bus.subscribe(captureCompleted, applyEffect);
  const early = await sendAcknowledged(sender, 5);
  await expectEffects(receiver, early);
  const backup = await copyStore(world.nats);
  const late = await sendAcknowledged(sender, 5);
  await expectEffects(receiver, late);
  await consumerRemembers(world.nats, 'receiver-capture-completed', 10);
  // The messages of the backup, the consumer of now. Nobody publishes the lost ones again, so that numbers are reused.
  await sender.database.db.deleteFrom('outbox').where('id', 'in', late).execute();
  await restoreStore(world.nats, backup, 'msgs');
  const next = await sendAcknowledged(sender, 3);
  await expectEffects(receiver, next, 5_000);
});

test('a stream deleted under a running server is made anew and filled again', async () => {
  const sender = await world.service('sender');
  const receiver = await world.service('receiver');
  await receiver.bus.subscribe(captureCompleted, applyEffect);
  const before = await sendAcknowledged(sender, 5);
  await expectEffects(receiver, before);
  const connection = await connect({ servers: world.nats.url });
  await connection.request('$JS.API.STREAM.DELETE.SELFSAME');
  await connection.close();
  const after = [await send(sender), await send(sender)];
  await expectEffects(receiver, after);
  await waitFor('the whole history', async () => {
    const found = new Set(await idsInStream(world.nats));
    return [...before, ...after].every((id) => found.has(id));
  });
});

test('a service that was away finds the new stream when it comes back', async () => {
  const first = await world.service('sender');
  const before = await sendAcknowledged(first, 5);
  await first.close();
  await world.nats.restart({ wipeStore: true });
  await world.service('sender');
  const ids = await waitFor('the history', async () => {
    const found = await idsInStream(world.nats);
    return found.length >= 5 && found;
  });
  expect(ids).toEqual(before);
});

test('an outage of the database uses up no deliveries', async () => {
  const receiver = await world.service('receiver');
  await receiver.bus.subscribe(captureCompleted, applyEffect, { concurrency: 1, maxDeliver: 3 });
  const sender = await openBus({ service: 'other', url: world.nats.url, log });
  const first = crypto.randomUUID();
  await sender.publish(captureCompleted, first, captured(''));
  await expectEffects(receiver, [first]);
  await world.postgres.suspend();
  const ids = Array.from({ length: 5 }, () => crypto.randomUUID());
  for (const id of ids) await sender.publish(captureCompleted, id, captured(''));
  await sender.close();
  await sleep(3_000); // time for many more deliveries than allowed, were they made
  await world.postgres.resume();
  await expectEffects(receiver, ids);
  expect(await receiver.database.db.selectFrom('dead_letters').selectAll().execute()).toEqual([]);
});

async function copyStore(nats: TestNats): Promise<string> {
  const backup = `${nats.storeDirectory}-backup`;
  await nats.kill();
  cpSync(nats.storeDirectory, backup, { recursive: true });
  await nats.restart();
  return backup;
}

/** The server crashes and comes back with the backup, or with one part of its stream from there. */
async function restoreStore(nats: TestNats, backup: string, part = ''): Promise<void> {
  await nats.kill();
  const [to, from] = [nats.storeDirectory, backup].map((store) => join(store, ...streamFiles, part));
  rmSync(to as string, { recursive: true });
  cpSync(from as string, to as string, { recursive: true });
  await nats.restart();
}

/** The server writes down a little late how far a consumer is: what it knows after a restart is in its files. */
async function consumerRemembers(nats: TestNats, name: string, sequence: number): Promise<void> {
  const delivered = async () => {
    await nats.restart();
    const connection = await connect({ servers: nats.url });
    const info = (await connection.request(`$JS.API.CONSUMER.INFO.SELFSAME.${name}`)).json<{
      delivered: { stream_seq: number };
    }>();
    await connection.close();
    return info.delivered.stream_seq >= sequence;
  };
  await waitFor('the consumer to be written down', delivered, { intervalMs: 500 });
}
