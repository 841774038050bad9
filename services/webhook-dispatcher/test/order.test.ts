import { randomUUID } from 'node:crypto';
import type { Receiver } from '@selfsame/testing/receiver';
import { startReceiver } from '@selfsame/testing/receiver';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openWorld, type RunningService, type World } from './harness.ts';

let world: World;
const services: RunningService[] = [];
const receivers: Receiver[] = [];
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
  for (const receiver of receivers.splice(0)) await receiver.close();
  await world.clear();
});

/** A running replica, a receiver and an ordered destination between them. */
async function orderedWorld(environment: Record<string, string> = {}) {
  const settings = { WEBHOOK_RETRY_SCHEDULE: '0.1,0.1,0.1,0.1,0.1', ...environment };
  const start = async () => {
    const service = await world.start({ environment: settings });
    services.push(service);
    return service;
  };
  const service = await start();
  const receiver = await startReceiver();
  receivers.push(receiver);
  await addDestination(service, receiver.url, { ordered: true });
  return { service, receiver, startAnother: start };
}

async function addDestination(service: RunningService, url: string, more: object): Promise<void> {
  const body = { label: 'test', url, subscribed_events: ['status.updated'], ...more };
  expect((await service.call('POST', '/v3/webhook/destinations/', body)).status).toBe(201);
}

const eventsAt = (receiver: Receiver) =>
  receiver.requests.map((request) => JSON.parse(request.rawBody.toString('utf8')));

/** Sequences of a session in the order they came, repetitions left out. */
function sequencesOf(receiver: Receiver, sessionId: string): number[] {
  const events = eventsAt(receiver).filter((event) => event.session_id === sessionId);
  return [...new Set(events.map((event) => event.sequence))];
}

const tell = (sessionId: string, sequence: number) => world.tell({ sessionId, sequence: BigInt(sequence) });

test('a session’s events arrive one after the other, and other sessions do not wait for them', async () => {
  const { receiver } = await orderedWorld();
  const [stuck, free] = [randomUUID(), randomUUID()];
  let failures = 3;
  receiver.answer(({ rawBody }) => {
    const event = JSON.parse(rawBody.toString('utf8'));
    const fails = event.session_id === stuck && event.sequence === 2 && failures > 0;
    if (fails) failures -= 1;
    return { status: fails ? 503 : 200, delayMs: event.sequence === 1 ? 30 : 0 };
  });
  for (let sequence = 1; sequence <= 6; sequence += 1) {
    await tell(stuck, sequence);
    await tell(free, sequence);
  }
  await waitFor('all of the free session', () => sequencesOf(receiver, free).length === 6);
  await waitFor('all of the stuck session', () => sequencesOf(receiver, stuck).length === 6);
  expect(sequencesOf(receiver, free)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(sequencesOf(receiver, stuck)).toEqual([1, 2, 3, 4, 5, 6]);
  const seconds = eventsAt(receiver).filter((event) => event.session_id === stuck && event.sequence === 2);
  expect(seconds).toHaveLength(4);
});

test('events that the bus brings in another order go out in theirs', async () => {
  const { receiver } = await orderedWorld();
  const sessionId = randomUUID();
  for (const sequence of [4, 2, 3]) await tell(sessionId, sequence);
  await waitFor('all three wait', async () => {
    const rows = await world.database.db.selectFrom('deliveries').select('state').execute();
    return rows.length === 3 && rows.every(({ state }) => state === 'waiting');
  });
  await tell(sessionId, 1);
  await waitFor('all four', () => sequencesOf(receiver, sessionId).length === 4);
  expect(sequencesOf(receiver, sessionId)).toEqual([1, 2, 3, 4]);
});

test('an event that never comes is waited for, but not for ever', async () => {
  const { receiver } = await orderedWorld({ WEBHOOK_ORDER_GAP_SECONDS: '1' });
  const sessionId = randomUUID();
  for (const sequence of [1, 3]) await tell(sessionId, sequence);
  await waitFor('the one behind the gap', () => sequencesOf(receiver, sessionId).length === 2);
  expect(sequencesOf(receiver, sessionId)).toEqual([1, 3]);
});

test('a gap that was given up holds nothing up a second time', async () => {
  const { receiver } = await orderedWorld({ WEBHOOK_ORDER_GAP_SECONDS: '1' });
  const sessionId = randomUUID();
  for (const sequence of [1, 3]) await tell(sessionId, sequence);
  await waitFor('the one behind the gap', () => sequencesOf(receiver, sessionId).length === 2);
  const known = await world.database.db
    .selectFrom('sessions')
    .select(['contiguous', 'ahead'])
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
  expect(known).toEqual({ contiguous: 3, ahead: [] });
  await tell(sessionId, 4);
  await waitFor('the next', () => sequencesOf(receiver, sessionId).length === 3);
  expect(sequencesOf(receiver, sessionId)).toEqual([1, 3, 4]);
});

test('one that is given up lets the next go on', async () => {
  const { receiver } = await orderedWorld({ WEBHOOK_RETRY_SCHEDULE: '0.05' });
  const sessionId = randomUUID();
  receiver.answer(({ rawBody }) => ({
    status: JSON.parse(rawBody.toString('utf8')).sequence === 1 ? 500 : 200,
  }));
  for (const sequence of [1, 2]) await tell(sessionId, sequence);
  await waitFor('the second', () => sequencesOf(receiver, sessionId).includes(2));
  expect(eventsAt(receiver).map((event) => event.sequence)).toEqual([1, 1, 2]);
});

test('one that its owner resends with success lets the next go on at once', async () => {
  const { service, receiver } = await orderedWorld({ WEBHOOK_RETRY_SCHEDULE: '600' });
  const sessionId = randomUUID();
  receiver.answer(() => ({ status: 500 }));
  for (const sequence of [1, 2]) await tell(sessionId, sequence);
  const log = `/v3/session/${sessionId}/webhooks/`;
  const [entry] = await waitFor('the attempt in the log', async () => {
    const { body } = await service.call('GET', log);
    return body.length === 1 && body;
  });
  receiver.answer(() => ({ status: 200 }));
  await service.call('POST', `/v3/session/${sessionId}/webhook/${entry.uuid}/resend`);
  await waitFor('the second', () => sequencesOf(receiver, sessionId).includes(2));
  expect(eventsAt(receiver).map((event) => event.sequence)).toEqual([1, 1, 2]);
});

test('replicas keep the order together', async () => {
  const { receiver, startAnother } = await orderedWorld();
  await startAnother();
  receiver.answer(() => ({ status: 200, delayMs: Math.random() * 10 }));
  const sessions = Array.from({ length: 10 }, () => randomUUID());
  const told: [string, number][] = sessions.flatMap((id) =>
    Array.from({ length: 10 }, (_, index): [string, number] => [id, index + 1]),
  );
  await Promise.all(told.map(([id, sequence]) => tell(id, sequence)));
  await waitFor('all hundred', () => receiver.requests.length >= 100);
  for (const id of sessions) {
    expect(sequencesOf(receiver, id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  }
});

test('without the option nobody waits', async () => {
  const { service, receiver } = await orderedWorld();
  await addDestination(service, `${receiver.url}/unordered`, {});
  const sessionId = randomUUID();
  for (const sequence of [2, 3]) await tell(sessionId, sequence);
  await waitFor('both, though the first is missing', () => receiver.requests.length === 2);
  expect(receiver.requests.every(({ path }) => path === '/unordered')).toBe(true);
});
