import { trace } from '@opentelemetry/api';
import { captureCompleted } from '@selfsame/contracts/catalog';
import { inSpan, startTelemetry } from '@selfsame/runtime/telemetry';
import { waitFor } from '@selfsame/testing/wait';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BatchHandler } from './batch.ts';
import { applyEffect, captured, openWorld, type Service } from './harness.ts';
import { claimEvents, lastHandled } from './inbox.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

type Captured = ReturnType<typeof captured>;

function send({ database, bus }: Service, sessionId = ''): Promise<string> {
  return database.transaction((tx) => bus.enqueue(tx, captureCompleted, captured(sessionId)));
}

/** Applies each event of a batch, and notes how many came together. */
function applying(sizes: number[]): BatchHandler<Captured> {
  return async (tx, events) => {
    sizes.push(events.length);
    for (const event of events) {
      if (event.message.sessionId === 'poison') throw new Error('poison');
      await applyEffect(tx, event);
    }
  };
}

const effectsOf = (service: Service, count: number) =>
  waitFor(`${count} effects`, async () => {
    const effects = await service.effects();
    return effects.length === count && effects;
  });

test('events that arrive together are handled together, and each once, also when all of them come again', async () => {
  const sender = await world.service('sender');
  const receiver = await world.service('batching');
  const sizes: number[] = [];
  await receiver.bus.subscribeInBatches(captureCompleted, applying(sizes), { concurrency: 100 });
  await Promise.all(Array.from({ length: 300 }, () => send(sender)));
  await effectsOf(receiver, 300);
  expect(Math.max(...sizes)).toBeGreaterThan(1);

  const handled = () => sizes.reduce((sum, size) => sum + size, 0);
  const before = handled();
  await world.nats.restart({ wipeStore: true });
  await waitFor('an event of the new stream', async () => {
    const id = await send(sender).catch(() => undefined);
    return id !== undefined;
  });
  const effects = await effectsOf(receiver, 301);
  expect(new Set(effects.map(({ times }) => times))).toEqual(new Set([1]));
  expect(handled()).toBe(before + 1);
});

test('one that is poison takes no other with it, and ends in the dead letters', async () => {
  const sender = await world.service('sender');
  await send(sender, 'poison');
  await Promise.all(Array.from({ length: 40 }, () => send(sender)));
  const receiver = await world.service('batching');
  const options = { concurrency: 100, maxDeliver: 2 };
  await receiver.bus.subscribeInBatches(captureCompleted, applying([]), options);
  await effectsOf(receiver, 40);
  await waitFor('the letter', async () => {
    const letters = await receiver.database.db.selectFrom('dead_letters').selectAll().execute();
    return letters.length === 1;
  });
});

test('each event of a batch brings the trace of its publisher', async () => {
  const telemetry = startTelemetry('bus-test', {});
  const sender = await world.service('sender');
  const published = new Map<string, string>();
  for (let index = 0; index < 20; index += 1) {
    await inSpan('request', {}, async (span) => {
      published.set(await send(sender), span.spanContext().traceId);
    });
  }
  const receiver = await world.service('batching');
  const seen = new Map<string, string | undefined>();
  let most = 0;
  await receiver.bus.subscribeInBatches(
    captureCompleted,
    async (_, events) => {
      most = Math.max(most, events.length);
      for (const event of events) seen.set(event.id, trace.getSpanContext(event.trace)?.traceId);
    },
    { concurrency: 100 },
  );
  await waitFor('all of them', () => seen.size === published.size);
  expect(most).toBeGreaterThan(1);
  expect(seen).toEqual(published);
  await telemetry.stop();
});

test('of a batch, the event that stands last in the stream was handled last', async () => {
  const { database } = await world.service('batching');
  const incarnation = new Date().toISOString();
  // Ids in the opposite order, so that no other order is taken for this one.
  const events = [2, 9, 4].map((sequence) => ({
    id: `event-${10 - sequence}`,
    place: { incarnation, sequence },
  }));
  await database.transaction((tx) => claimEvents(tx, 'consumer', events));
  expect(await lastHandled(database, 'consumer', incarnation, 1)).toEqual([{ id: 'event-1', sequence: 9 }]);
});
