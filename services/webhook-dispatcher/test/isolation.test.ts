import { deliveryExhausted, destinationDisabled } from '@selfsame/contracts/catalog';
import type {
  DeliveryExhausted,
  DestinationDisabled,
} from '@selfsame/contracts/webhook_dispatcher/v1/events';
import { type Receiver, startReceiver } from '@selfsame/testing/receiver';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
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

async function start(environment: Record<string, string> = {}): Promise<RunningService> {
  const service = await world.start({ environment });
  services.push(service);
  return service;
}

async function receive(status: number, headers: Record<string, string> = {}): Promise<Receiver> {
  const receiver = await startReceiver();
  receiver.answer(() => ({ status, headers }));
  receivers.push(receiver);
  return receiver;
}

async function addDestination(service: RunningService, url: string, more: object = {}): Promise<string> {
  const body = { label: 'test', url, subscribed_events: ['status.updated'], ...more };
  const answer = await service.call('POST', '/v3/webhook/destinations/', body);
  expect(answer.status).toBe(201);
  return `/v3/webhook/destinations/${answer.body.uuid}/`;
}

const idsAt = (receiver: Receiver): string[] =>
  receiver.requests.map(({ rawBody }) => JSON.parse(rawBody.toString('utf8')).event_id);

async function tellMany(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) ids.push(await world.tell());
  return ids;
}

const statesAre = (...expected: string[]) =>
  waitFor(`deliveries ${expected.join(', ')}`, async () => {
    const rows = await world.database.db.selectFrom('deliveries').select('state').execute();
    return (
      rows
        .map(({ state }) => state)
        .sort()
        .join() === expected.sort().join()
    );
  });

const idOf = (path: string) => path.split('/').at(-2) ?? '';

const healthOf = (path: string) =>
  world.database.db
    .selectFrom('destination_health')
    .selectAll()
    .where('destination_id', '=', idOf(path))
    .executeTakeFirst();

describe('a receiver that is down', () => {
  const patient = {
    WEBHOOK_RETRY_SCHEDULE: '0.05,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1',
    WEBHOOK_CIRCUIT_FAILURES: '3',
    WEBHOOK_CIRCUIT_COOLDOWN_MS: '60000',
  };

  test('is left alone by all replicas once its circuit is open, and uses up nobody’s attempts', async () => {
    const service = await start(patient);
    await start(patient);
    const down = await receive(503);
    const path = await addDestination(service, down.url, { max_in_flight: 1 });
    await tellMany(3);
    await waitFor('the circuit is open', async () => (await healthOf(path))?.circuit === 'open');
    const attemptsBefore = down.requests.length;
    // What was under way may still end; nothing new starts.
    await tellMany(20);
    const up = await receive(200);
    await addDestination(service, up.url);
    const last = await world.tell();
    await waitFor('another destination is served', () => idsAt(up).includes(last));
    expect(down.requests.length).toBeLessThanOrEqual(attemptsBefore + 2);
    const states = await waitFor('all of them were taken in', async () => {
      const rows = await world.database.db
        .selectFrom('deliveries')
        .select('state')
        .where('destination_id', '=', idOf(path))
        .execute();
      return rows.length === 24 && rows.map(({ state }) => state);
    });
    expect(new Set(states)).toEqual(new Set(['pending']));
  });

  test('is probed, and gets everything when it is back', async () => {
    const service = await start({ ...patient, WEBHOOK_CIRCUIT_COOLDOWN_MS: '200' });
    const receiver = await receive(503);
    const path = await addDestination(service, receiver.url);
    const ids = await tellMany(10);
    await waitFor('the circuit is open', async () => (await healthOf(path))?.circuit === 'open');
    receiver.answer(() => ({ status: 200 }));
    await waitFor('everything arrived', () => ids.every((id) => idsAt(receiver).includes(id)));
    await statesAre(...ids.map(() => 'delivered'));
    await waitFor('the circuit is closed', async () => (await healthOf(path))?.circuit === 'closed');
  });
});

describe('a destination that the system switches off', () => {
  test('because it is gone, keeps its webhooks and gets them when it is switched on again', async () => {
    const service = await start({ WEBHOOK_RETRY_SCHEDULE: '60' });
    const disabled: DestinationDisabled[] = [];
    await world.bus.listen(destinationDisabled, ({ message }) => disabled.push(message));
    const receiver = await receive(410);
    const path = await addDestination(service, receiver.url);
    const first = await world.tell();
    await statesAre('held');
    await waitFor('the event', () => disabled.length === 1);
    expect(disabled[0]).toMatchObject({ reason: 'gone', applicationId: world.application.id });
    expect((await service.call('GET', path)).body).toMatchObject({ enabled: false, disabled_reason: 'gone' });

    const later = await tellMany(3);
    await statesAre('held', 'held', 'held', 'held');
    expect(receiver.requests).toHaveLength(1);

    receiver.answer(() => ({ status: 200 }));
    expect((await service.call('PATCH', path, { enabled: true })).status).toBe(200);
    const caughtUp = () => [first, ...later].every((id) => idsAt(receiver).includes(id));
    await waitFor('it has caught up', caughtUp);
    const history = await service.call('GET', `${path}history/`);
    const events = history.body.results.map((entry: { event: string }) => entry.event);
    expect(events).toEqual(['enabled', 'disabled', 'created']);
  });

  test('because nothing but failures came for days, is told of and keeps its webhooks', async () => {
    const service = await start({ WEBHOOK_RETRY_SCHEDULE: '0.05,0.05', WEBHOOK_CIRCUIT_COOLDOWN_MS: '50' });
    const disabled: DestinationDisabled[] = [];
    await world.bus.listen(destinationDisabled, ({ message }) => disabled.push(message));
    const receiver = await receive(500);
    const path = await addDestination(service, receiver.url);
    await world.tell();
    await statesAre('failed');
    const sixDaysAgo = new Date(Date.now() - 6 * 86_400_000);
    const days = { failing_since: sixDaysAgo, failures: 50 };
    await world.database.db.updateTable('destination_health').set(days).execute();
    await world.tell();
    await statesAre('failed', 'held');
    await waitFor('the event', () => disabled.length === 1);
    expect(disabled[0]).toMatchObject({ reason: 'failing', failingSince: sixDaysAgo });
    expect((await service.call('GET', path)).body.disabled_reason).toBe('failing');

    // Also what had been given up on by then is owed, and comes.
    receiver.answer(() => ({ status: 200 }));
    await service.call('PATCH', path, { enabled: true });
    await statesAre('delivered', 'delivered');
  });

  test('a callback that is gone switches nothing off', async () => {
    const service = await start();
    const receiver = await receive(410);
    await world.tell({ callback: `${receiver.url}/back` });
    await statesAre('failed');
    receiver.answer(() => ({ status: 200 }));
    await world.tell({ callback: `${receiver.url}/back` });
    await statesAre('delivered', 'failed');
    expect((await service.call('GET', '/v3/webhook/')).status).toBe(200);
  });
});

describe('a destination that is gone', () => {
  test('and deleted ends what was held for it', async () => {
    const service = await start();
    const receiver = await receive(410);
    const path = await addDestination(service, receiver.url);
    await world.tell();
    await statesAre('held');
    await service.call('DELETE', path);
    await statesAre('cancelled');
  });

  test('and was the application’s own endpoint serves callbacks again once it has no URL', async () => {
    const service = await start();
    const receiver = await receive(410);
    await service.call('PATCH', '/v3/webhook/', { webhook_url: `${receiver.url}/endpoint` });
    await world.tell();
    await statesAre('held');
    await service.call('PATCH', '/v3/webhook/', { webhook_url: null });
    receiver.answer(() => ({ status: 200 }));
    await world.tell({ callback: `${receiver.url}/back` });
    await waitFor('the callback', () => receiver.requests.some(({ path }) => path === '/back'));
  });
});

test('callbacks are not held up by what became of the endpoint whose secret they are signed with', async () => {
  const service = await start({ WEBHOOK_RETRY_SCHEDULE: '0.05', WEBHOOK_CIRCUIT_COOLDOWN_MS: '600000' });
  const receiver = await receive(200);
  await service.call('PATCH', '/v3/webhook/', { webhook_url: `${receiver.url}/endpoint` });
  await service.call('PATCH', '/v3/webhook/', { webhook_url: null });
  const { id } = await world.database.db.selectFrom('destinations').select('id').executeTakeFirstOrThrow();
  const open = { circuit: 'open' as const, circuit_until: new Date(Date.now() + 600_000) };
  const none = { openings: 1, consecutive_failures: 5, failures: 5 };
  await world.database.db
    .insertInto('destination_health')
    .values({ destination_id: id, ...open, ...none })
    .onConflict((conflict) => conflict.column('destination_id').doUpdateSet(open))
    .execute();
  // The first attempt never asks; the retry is claimed.
  receiver.answer(() => ({ status: receiver.requests.length === 1 ? 503 : 200 }));
  await world.tell({ callback: `${receiver.url}/back` });
  await statesAre('delivered');
  expect(receiver.requests).toHaveLength(2);
});

test('a destination with a rate has no more under way than it wants', async () => {
  const service = await start();
  const receiver = await receive(200);
  let underWay = 0;
  let most = 0;
  receiver.answer(() => {
    underWay += 1;
    most = Math.max(most, underWay);
    setTimeout(() => {
      underWay -= 1;
    }, 15);
    return { status: 200, delayMs: 20 };
  });
  await addDestination(service, receiver.url, { rate_per_second: 1_000, max_in_flight: 1 });
  const ids = await tellMany(10);
  await statesAre(...ids.map(() => 'delivered'));
  expect(most).toBe(1);
  const { db } = world.database;
  const claims = await db.selectFrom('deliveries').select('claims').execute();
  expect(claims.every((row) => row.claims === 1)).toBe(true);
});

test('a receiver that asks for time gets it, and then its webhooks', async () => {
  const service = await start({ WEBHOOK_RETRY_SCHEDULE: '0.05,0.05,0.05' });
  const receiver = await receive(429, { 'retry-after': '1' });
  const path = await addDestination(service, receiver.url);
  const first = await world.tell();
  await waitFor('it is paused', async () => (await healthOf(path))?.paused_until != null);
  const second = await world.tell();
  expect(idsAt(receiver)).toEqual([first]);
  receiver.answer(() => ({ status: 200 }));
  await waitFor('both', () => [first, second].every((id) => idsAt(receiver).slice(1).includes(id)));
  expect((await healthOf(path))?.slow_rate).toBe(8);
});

test('a destination with a rate gets everything, at its rate', async () => {
  const service = await start();
  const receiver = await receive(200);
  const path = await addDestination(service, receiver.url, { rate_per_second: 20 });
  const ids = await tellMany(30);
  await waitFor('all thirty', () => ids.every((id) => idsAt(receiver).includes(id)));
  const usedUntil = (await healthOf(path))?.rate_used_until?.getTime() ?? 0;
  const first = receiver.requests[0]?.receivedAt.getTime() ?? 0;
  // Thirty at 20 a second are 1.5 s of the rate, of which one second may have gathered before the first.
  expect(usedUntil - first).toBeGreaterThan(250);
});

test('a delivery that is given up is told of, once', async () => {
  const service = await start({ WEBHOOK_RETRY_SCHEDULE: '0.05' });
  const exhausted: DeliveryExhausted[] = [];
  await world.bus.listen(deliveryExhausted, ({ message }) => exhausted.push(message));
  const receiver = await receive(503);
  await addDestination(service, receiver.url);
  const eventId = await world.tell();
  await waitFor('the event', () => exhausted.length > 0);
  expect(exhausted).toMatchObject([
    { eventId, attempts: 2, reason: 'http_503', webhookType: 'status.updated' },
  ]);
});
