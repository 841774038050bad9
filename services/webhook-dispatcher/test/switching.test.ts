import { randomUUID } from 'node:crypto';
import { type Receiver, startReceiver } from '@selfsame/testing/receiver';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openWorld, type RunningService, type World } from './harness.ts';

const base = '/v3/webhook/destinations/';

let world: World;
let service: RunningService;
let receiver: Receiver;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  receiver = await startReceiver();
  service = await world.start({
    environment: { WEBHOOK_CIRCUIT_FAILURES: '2', WEBHOOK_CIRCUIT_COOLDOWN_MS: '600000' },
  });
});
afterEach(async () => {
  await service.stop();
  await receiver.close();
  await world.clear();
});

async function addDestination(more: object = {}): Promise<{ uuid: string; path: string }> {
  const body = { label: 'test', url: `${receiver.url}/a`, subscribed_events: ['status.updated'], ...more };
  const { body: made } = await service.call('POST', base, body);
  return { uuid: made.uuid, path: `${base}${made.uuid}/` };
}

const detail = async (path: string) => (await service.call('GET', path)).body;
const change = async (path: string, more: object) => {
  const answer = await service.call('PATCH', path, more);
  expect(answer.status).toBe(200);
  return answer.body;
};
const historyOf = async (path: string) => (await service.call('GET', `${path}history/`)).body.results;
const statesOf = async (uuid: string) => {
  const { db } = world.database;
  const rows = await db.selectFrom('deliveries').select('state').where('destination_id', '=', uuid).execute();
  return rows.map(({ state }) => state);
};
/** As the system does after a 410. */
async function goneAt(path: string) {
  receiver.answer(() => ({ status: 410 }));
  await world.tell();
  await waitFor('it is switched off', async () => (await detail(path)).disabled_reason === 'gone');
}

describe('switching a destination off and on', () => {
  test('by its owner: nothing is kept for it meanwhile', async () => {
    const { path, uuid } = await addDestination();
    expect(await change(path, { enabled: false })).toMatchObject({
      enabled: false,
      disabled_reason: 'owner',
    });
    const other = await addDestination({ url: `${receiver.url}/b` });
    await world.tell();
    await waitFor('the other one is served', () => receiver.requests.length === 1);
    expect(await statesOf(uuid)).toEqual([]);
    expect(await statesOf(other.uuid)).toHaveLength(1);
    expect(await change(path, { enabled: true })).toMatchObject({ enabled: true, disabled_reason: null });
    await world.tell();
    await waitFor('both are served', () => receiver.requests.length === 3);
  });

  test('by the system: what was kept goes out when it is switched on, with a health that starts anew', async () => {
    const { path, uuid } = await addDestination({ retry_schedule: [600] });
    await goneAt(path);
    await world.tell();
    await waitFor('both are kept', async () => (await statesOf(uuid)).join() === 'held,held');
    // A console that sends the whole form does not throw away what is kept.
    expect(await change(path, { enabled: false, label: 'renamed' })).toMatchObject({
      disabled_reason: 'gone',
    });
    expect(await statesOf(uuid)).toEqual(['held', 'held']);
    receiver.answer(() => ({ status: 200 }));
    await change(path, { enabled: true });
    await waitFor('both are delivered', async () => (await statesOf(uuid)).join() === 'delivered,delivered');
    expect((await historyOf(path)).map(({ event }: { event: string }) => event)).toEqual([
      'enabled',
      'changed',
      'disabled',
      'created',
    ]);
  });

  test('or giving it another URL closes its circuit', async () => {
    const { path } = await addDestination({ retry_schedule: [0.05, 0.05, 0.05] });
    receiver.answer(() => ({ status: 500 }));
    await world.tell();
    const open = await waitFor('the circuit is open', async () => {
      const { circuit } = await detail(path);
      return circuit.state === 'open' && circuit;
    });
    expect(Date.parse(open.open_until)).toBeGreaterThan(Date.now() + 60_000);
    expect(open.consecutive_failures).toBeGreaterThanOrEqual(2);
    expect((await service.call('GET', base)).body[0].circuit).toEqual(open);
    await change(path, { label: 'same URL' });
    expect((await detail(path)).circuit.state).toBe('open');
    receiver.answer(() => ({ status: 200 }));
    const before = receiver.requests.length;
    const { circuit } = await change(path, { url: `${receiver.url}/better` });
    expect(circuit).toEqual({ state: 'closed', open_until: null, consecutive_failures: 0 });
    await waitFor('the retry, at the new URL', () => receiver.requests[before]?.path === '/better');
  });

  test('of the application’s own endpoint: a URL that is given is switched on', async () => {
    await service.call('PATCH', '/v3/webhook/', { webhook_url: `${receiver.url}/own` });
    const [{ uuid }] = (await service.call('GET', base)).body;
    const path = `${base}${uuid}/`;
    await change(path, { enabled: false });
    await service.call('PATCH', '/v3/webhook/', { webhook_url: `${receiver.url}/own2` });
    expect(await detail(path)).toMatchObject({ enabled: true, disabled_reason: null });
    const history = await historyOf(path);
    expect(history.slice(0, 2)).toMatchObject([
      { event: 'enabled' },
      { event: 'changed', detail: { fields: ['url'] } },
    ]);
  });
});

test('without order, what waited for its turn goes out', async () => {
  const { path, uuid } = await addDestination({ ordered: true, retry_schedule: [600, 600] });
  receiver.answer(({ rawBody }) => ({ status: rawBody.includes('"sequence":1,') ? 503 : 200 }));
  const sessionId = randomUUID();
  for (const sequence of [1n, 2n, 4n]) await world.tell({ sessionId, sequence });
  await waitFor('all but the first wait', async () => {
    return (await statesOf(uuid)).sort().join() === 'pending,waiting,waiting';
  });
  await change(path, { ordered: false });
  await waitFor('they are delivered', async () => {
    return (await statesOf(uuid)).sort().join() === 'delivered,delivered,pending';
  });
});

test('an application has a hundred destinations at most', async () => {
  const call = world.as(service, world.otherApplication);
  const body = (index: number) => ({
    label: 'one of many',
    url: `https://example.com/${index}`,
    subscribed_events: ['status.updated'],
  });
  const { db } = world.database;
  const { body: first } = await call('POST', base, body(0));
  const row = await db
    .selectFrom('destinations')
    .selectAll()
    .where('id', '=', first.uuid)
    .executeTakeFirstOrThrow();
  const copies = Array.from({ length: 98 }, (_, index) => ({
    ...row,
    retry_schedule: JSON.stringify(row.retry_schedule),
    id: randomUUID(),
    url: `https://example.com/copy/${index}`,
  }));
  await db.insertInto('destinations').values(copies).execute();
  const answers = await Promise.all([1, 2, 3].map((index) => call('POST', base, body(index))));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400]);
  expect(answers.find(({ status }) => status === 400)?.body).toEqual({
    detail: 'An application can have at most 100 webhook destinations.',
  });
  expect((await call('GET', base)).body).toHaveLength(100);
  await call('DELETE', `${base}${first.uuid}/`);
  expect((await call('POST', base, body(4))).status).toBe(201);
});

describe('the history of a destination', () => {
  test('tells who did what, newest first, and no secret or URL', async () => {
    const { path } = await addDestination({ url: `${receiver.url}/?token=url-token` });
    await change(path, { url: `${receiver.url}/?token=new-token`, label: 'test', max_in_flight: 2 });
    await change(path, {});
    await service.call('POST', `${path}rotate-secret/`, { overlap_seconds: 5 });
    await change(path, { enabled: false });
    await change(path, { enabled: true });
    const { body } = await service.call('GET', `${path}history/`);
    expect(body).toMatchObject({ count: 5, next: null, previous: null });
    const at = expect.any(String);
    expect(body.results).toEqual([
      { event: 'enabled', actor: 'key', detail: {}, created_at: at },
      { event: 'disabled', actor: 'key', detail: { reason: 'owner' }, created_at: at },
      { event: 'secret_rotated', actor: 'key', detail: { overlap_seconds: 5 }, created_at: at },
      { event: 'changed', actor: 'key', detail: { fields: ['url', 'max_in_flight'] }, created_at: at },
      { event: 'created', actor: 'key', detail: {}, created_at: at },
    ]);
    expect(JSON.stringify(body)).not.toContain('token');
  });

  test('comes in pages', async () => {
    const { path } = await addDestination();
    for (const label of ['a', 'b', 'c']) await change(path, { label });
    const { body: first } = await service.call('GET', `${path}history/?limit=2`);
    const next = new URL(first.next);
    const { body: second } = await service.call('GET', `${next.pathname}${next.search}`);
    const events = [...first.results, ...second.results].map(({ event }) => event);
    expect(events).toEqual(['changed', 'changed', 'changed', 'created']);
    expect(second).toMatchObject({ count: 4, next: null });
    expect(second.previous).toContain('offset=0');
  });

  test('survives its destination, for the operator', async () => {
    const { path, uuid } = await addDestination();
    expect((await service.call('DELETE', path)).status).toBe(204);
    expect((await service.call('GET', `${path}history/`)).status).toBe(404);
    const { db } = world.database;
    const rows = await db
      .selectFrom('destination_history')
      .select(['event', 'actor'])
      .where('destination_id', '=', uuid)
      .orderBy('position')
      .execute();
    expect(rows).toEqual([
      { event: 'created', actor: 'key' },
      { event: 'deleted', actor: 'key' },
    ]);
  });

  test('is not written where nothing was', async () => {
    const { path } = await addDestination();
    const taken = await addDestination({ url: `${receiver.url}/taken` });
    expect((await service.call('PATCH', path, { url: `${receiver.url}/taken` })).status).toBe(400);
    expect((await service.call('PATCH', path, { label: '' })).status).toBe(400);
    expect(await historyOf(path)).toHaveLength(1);
    expect(await historyOf(taken.path)).toHaveLength(1);
  });
});
