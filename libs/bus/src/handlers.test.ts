import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { captureCompleted } from '@selfsame/contracts/catalog';
import { waitFor } from '@selfsame/testing/wait';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ackWaitMs } from './consumer-config.ts';
import { applyEffect, captured, openWorld, type Service } from './harness.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

function send({ database, bus }: Service): Promise<string> {
  return database.transaction((tx) => bus.enqueue(tx, captureCompleted, captured('')));
}

test('handlers at work are never more than were asked for, and as many when there is work', async () => {
  const sender = await world.service('sender');
  const receiver = await world.service('bounded');
  let atWork = 0;
  let most = 0;
  await receiver.bus.subscribe(
    captureCompleted,
    async (tx, event) => {
      atWork += 1;
      most = Math.max(most, atWork);
      await sleep(10);
      await applyEffect(tx, event);
      atWork -= 1;
    },
    { concurrency: 3 },
  );
  const ids = await Promise.all(Array.from({ length: 60 }, () => send(sender)));
  await waitFor('every effect', async () => (await receiver.effects()).length === ids.length);
  expect(most).toBe(3);
});

test('a handler that takes longer than the server waits has its event to itself', async () => {
  const sender = await world.service('sender');
  let calls = 0;
  for (const replica of [await world.service('slow'), await world.service('slow')]) {
    await replica.bus.subscribe(captureCompleted, async (tx, event) => {
      calls += 1;
      await sleep(ackWaitMs + 2_500);
      await applyEffect(tx, event);
    });
  }
  const id = await send(sender);
  const { effects } = await world.service('slow');
  await waitFor('the effect', async () => (await effects()).length === 1, { timeoutMs: 2 * ackWaitMs });
  expect(await effects()).toEqual([{ id, times: 1 }]);
  expect(calls).toBe(1);
  const raw = await connect({ servers: world.nats.url });
  const info = await raw.request('$JS.API.CONSUMER.INFO.SELFSAME.slow-capture-completed');
  expect(info.json()).toMatchObject({ num_redelivered: 0, delivered: { consumer_seq: 1 } });
  await raw.close();
}, 40_000);
