import { captureCompleted } from '@selfsame/contracts/catalog';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyEffect, captured, openWorld } from './harness.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

describe('an enqueued event', () => {
  test('is published by the commit, and handled with its message', async () => {
    const sender = await world.service('sender');
    const receiver = await world.service('receiver');
    const seen: unknown[] = [];
    await receiver.bus.subscribe(captureCompleted, async (tx, event) => {
      seen.push(event);
      await applyEffect(tx, event);
    });
    const id = await sender.database.transaction((tx) =>
      sender.bus.enqueue(tx, captureCompleted, captured('first')),
    );
    await waitFor('the event', () => seen.length > 0);
    expect(seen).toMatchObject([{ id, message: { sessionId: 'first' }, redelivered: false }]);
    await waitFor('effect', async () => (await receiver.effects()).length === 1);
  });
});
