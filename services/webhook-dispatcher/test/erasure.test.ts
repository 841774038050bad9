import { randomUUID, randomUUIDv7 } from 'node:crypto';
import {
  erasureConfirmed,
  sessionDeleted,
  sessionStatusChanged,
  subjectErased,
} from '@selfsame/contracts/catalog';
import {
  type ErasureConfirmed,
  SessionDeleted,
  SessionStatusChanged,
  SubjectErased,
} from '@selfsame/contracts/session/v1/events';
import { type Receiver, startReceiver } from '@selfsame/testing/receiver';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openWorld, type RunningService, type TestApplication, type World } from './harness.ts';

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
  service = await world.start();
});
afterEach(async () => {
  await service.stop();
  await receiver.close();
  await world.clear();
});

async function addDestination(): Promise<string> {
  const body = {
    label: 'test',
    url: `${receiver.url}/hook`,
    subscribed_events: ['status.updated'],
    retry_schedule: [600],
  };
  const { body: made } = await service.call('POST', base, body);
  return `${base}${made.uuid}/deliveries/`;
}

const erase = (application: TestApplication, vendorData: string) =>
  world.bus.publish(
    subjectErased,
    randomUUIDv7(),
    SubjectErased.fromPartial({ applicationId: application.id, vendorData, occurredAt: new Date() }),
  );
const rows = () =>
  world.database.db
    .selectFrom('deliveries')
    .select(['session_id', 'body', 'callback_url', 'state'])
    .orderBy('id')
    .execute();

/** Newest first, with everything that the API shows. */
async function entriesOf(path: string) {
  const { body } = await service.call('GET', path);
  const one = async ({ uuid }: { uuid: string }) => (await service.call('GET', `${path}${uuid}/`)).body;
  return await Promise.all(body.results.map(one));
}

test('an event of a deleted session that could not be handled goes with it', async () => {
  const sessionId = randomUUIDv7();
  const about = SessionStatusChanged.fromPartial({ sessionId, vendorData: 'a name' });
  const payload = Buffer.from(SessionStatusChanged.encode(about).finish());
  const { db } = world.database;
  await sql`
    INSERT INTO dead_letters (consumer, event_id, subject, payload, headers, reason, deliveries)
    VALUES ('test', ${sessionId}, ${sessionStatusChanged.subject}, ${payload}, '{}', 'test', 1)`.execute(db);
  await world.bus.publish(
    sessionDeleted,
    randomUUIDv7(),
    SessionDeleted.fromPartial({ sessionId, applicationId: world.application.id }),
  );
  await waitFor('it is gone', async () => {
    const { rows } = await sql`SELECT FROM dead_letters WHERE event_id = ${sessionId}`.execute(db);
    return rows.length === 0;
  });
});

describe('erasing a subject', () => {
  test('takes what was sent and answered about it out of the log, and nothing about others', async () => {
    const path = await addDestination();
    receiver.answer(() => ({ status: 200, body: 'hello user-1' }));
    const [mine, other] = [randomUUID(), randomUUID()];
    await world.tell({ sessionId: mine, vendorData: 'user-1' });
    await world.tell({ sessionId: other, vendorData: 'user-2' });
    await waitFor('both are in the log', async () => (await entriesOf(path)).length === 2);
    await erase(world.otherApplication, 'user-1'); // is somebody else there
    await erase(world.application, 'user-1');
    const entryOf = async (sessionId: string) =>
      (await entriesOf(path)).find(({ session_id }) => session_id === sessionId);
    const erased = await waitFor('its body is erased', async () => {
      const entry = await entryOf(mine);
      return entry.request_body === null && entry;
    });
    expect(erased).toMatchObject({ response_body: null, response_status: 200, delivery_state: 'delivered' });
    expect(await entryOf(other)).toMatchObject({
      request_body: expect.stringContaining('user-2'),
      response_body: 'hello user-1',
    });
    const resend = await service.call('POST', `${path}${erased.uuid}/resend/`);
    expect(resend).toMatchObject({ status: 400, body: { detail: expect.stringContaining('erased') } });
    expect((await service.call('GET', `/v3/session/${mine}/webhooks/`)).status).toBe(404);
    expect((await service.call('GET', `/v3/session/${other}/webhooks/`)).status).toBe(200);
  });

  test('cancels what was still to be sent, and what comes late', async () => {
    const path = await addDestination();
    receiver.answer(() => ({ status: 503 }));
    const sessionId = randomUUID();
    await world.tell({ sessionId, vendorData: 'user-1' });
    await waitFor('a retry is to come', async () => (await entriesOf(path))[0]?.delivery_state === 'pending');
    await erase(world.application, 'user-1');
    await waitFor('it is cancelled', async () => (await rows())[0]?.state === 'cancelled');
    expect((await entriesOf(path))[0]).toMatchObject({
      delivery_state: 'cancelled',
      next_attempt_at: null,
      request_body: null,
    });
    const before = receiver.requests.length;
    await world.tell({ sessionId, vendorData: 'user-1', sequence: 4n });
    const last = await world.tell({ vendorData: 'user-2' });
    await waitFor('another event is sent', () =>
      receiver.requests.some(({ rawBody }) => rawBody.includes(last)),
    );
    expect(receiver.requests.length).toBe(before + 1);
  });

  test('holds for an attempt that was under way', async () => {
    await addDestination();
    receiver.answer(() => ({ status: 200, body: 'hello user-1', delayMs: 1_000 }));
    await world.tell({ vendorData: 'user-1' });
    await waitFor('the attempt is under way', () => receiver.requests.length === 1);
    await erase(world.application, 'user-1');
    await waitFor('it is erased', async () => (await rows())[0]?.body === null);
    const { db } = world.database;
    const attempts = () => db.selectFrom('attempts').select(['response_status', 'response_body']).execute();
    await waitFor('the attempt is written down', async () => (await attempts()).length === 1);
    expect(await attempts()).toEqual([{ response_status: 200, response_body: null }]);
  });

  test('forgets the URLs that were its sessions’ own', async () => {
    const callback = `${receiver.url}/back?user=user-1`;
    await world.tell({ applicationId: world.otherApplication.id, vendorData: 'user-1', callback });
    const { db } = world.database;
    const urls = () => db.selectFrom('attempts').select('request_url').execute();
    await waitFor('it was sent', async () => (await urls())[0]?.request_url === callback);
    await erase(world.otherApplication, 'user-1');
    await waitFor('it is erased', async () => (await rows())[0]?.body === null);
    expect(await rows()).toMatchObject([{ callback_url: null, state: 'delivered' }]);
    expect(await urls()).toEqual([{ request_url: '' }]);
  });
});

describe('an erasure that names its sessions', () => {
  const confirmed: ErasureConfirmed[] = [];
  beforeAll(() => world.bus.listen(erasureConfirmed, ({ message }) => void confirmed.push(message)));
  const confirmationsOf = (id: string) => confirmed.filter(({ erasureId }) => erasureId === id);

  async function eraseNamed(vendorData: string, sessionIds: string[], erasureId = randomUUID()) {
    const message = SubjectErased.fromPartial({
      applicationId: world.application.id,
      vendorData,
      sessionIds,
      erasureId,
      occurredAt: new Date(),
    });
    await world.bus.publish(subjectErased, randomUUIDv7(), message);
    return waitFor('it is confirmed', () => confirmationsOf(erasureId)[0]);
  }

  test('is confirmed once with what has gone, and a session that is heard of only then brings nothing back', async () => {
    const path = await addDestination();
    receiver.answer(() => ({ status: 200, body: 'hello user-1' }));
    const [known, late] = [randomUUID(), randomUUID()];
    await world.tell({ sessionId: known, vendorData: 'user-1' });
    await waitFor('it is in the log', async () => (await entriesOf(path))[0]?.delivery_state === 'delivered');
    const erasureId = randomUUID();
    const confirmation = await eraseNamed('user-1', [known, late], erasureId);
    expect(confirmation).toMatchObject({
      service: 'webhook-dispatcher',
      applicationId: world.application.id,
      removed: expect.arrayContaining([{ kind: 'webhook bodies', count: 1n }]),
      kept: [{ count: 1n, until: expect.any(Date) }],
    });
    const before = receiver.requests.length;
    await world.tell({ sessionId: late, vendorData: 'user-1' });
    await eraseNamed('user-1', [known, late], erasureId);
    const after = await world.tell({ vendorData: 'user-2' });
    await waitFor('another event is sent', () =>
      receiver.requests.some(({ rawBody }) => rawBody.includes(after)),
    );
    expect(receiver.requests.length).toBe(before + 1);
    const { db } = world.database;
    const rows = await db
      .selectFrom('sessions')
      .select('subject_hash')
      .where('session_id', 'in', [known, late])
      .execute();
    expect(rows).toEqual([{ subject_hash: null }, { subject_hash: null }]);
    await eraseNamed('somebody', [randomUUID()]);
    expect(confirmationsOf(erasureId)).toHaveLength(1);
  });

  test('leaves somebody alone who has come under the same name since', async () => {
    const path = await addDestination();
    const [old, young] = [randomUUID(), randomUUID()];
    await world.tell({ sessionId: young, vendorData: 'user-1' });
    await waitFor('it is in the log', async () => (await entriesOf(path)).length === 1);
    await eraseNamed('user-1', [old]);
    expect((await rows())[0]).toMatchObject({ session_id: young, body: expect.stringContaining('user-1') });
  });

  test('takes along what was sent about others whose look-alike they were', async () => {
    const path = await addDestination();
    const [mine, other] = [randomUUID(), randomUUID()];
    const decisionJson = JSON.stringify({
      status: 'Approved',
      face_matches: [{ matches: [{ session_id: mine, vendor_data: 'user-1' }] }],
    });
    await world.tell({ sessionId: other, vendorData: 'user-2', decisionJson });
    await world.tell({ vendorData: 'user-3' });
    await waitFor('both are sent', async () => {
      const entries = await entriesOf(path);
      return entries.length === 2 && entries.every(({ delivery_state }) => delivery_state === 'delivered');
    });
    const { removed } = await eraseNamed('user-1', [mine]);
    expect(removed).toContainEqual({ kind: 'webhook bodies of others that named a session', count: 1n });
    const bodies = Object.fromEntries((await rows()).map(({ session_id, body }) => [session_id, body]));
    expect(bodies[other]).toBeNull();
    expect(Object.values(bodies).filter((body) => body !== null)).toHaveLength(1);
  });
});

describe('bodies are kept', () => {
  async function ageInDays(days: number): Promise<void> {
    const createdAt = new Date(Date.now() - days * 86_400_000);
    await world.database.db.updateTable('deliveries').set({ created_at: createdAt }).execute();
  }
  /** Every replica looks when it starts, and hourly. */
  async function restart(): Promise<void> {
    await service.stop();
    service = await world.start();
  }
  const keep = async (settings: object) =>
    expect((await service.call('PATCH', '/v3/webhook/', settings)).body).toMatchObject(settings);

  test.each([
    [{ body_retention_days: 10, data_retention_months: null }, 9, 11],
    [{ body_retention_days: 10, data_retention_months: 12 }, 9, 11],
    [{ body_retention_days: 300, data_retention_months: 1 }, 27, 32],
  ])('for as long as the stricter of %j says', async (settings, youngDays, oldDays) => {
    const path = await addDestination();
    receiver.answer(() => ({ status: 200, body: 'thank you' }));
    await world.tell();
    await waitFor('it is in the log', async () => (await entriesOf(path)).length === 1);
    await keep(settings);
    await ageInDays(youngDays);
    await restart();
    const event = await world.tell();
    await waitFor('the next one is sent', () =>
      receiver.requests.some(({ rawBody }) => rawBody.includes(event)),
    );
    expect((await rows())[0]?.body).not.toBeNull();
    await ageInDays(oldDays);
    await restart();
    await waitFor('they are erased', async () => (await rows()).every(({ body }) => body === null));
    const [entry] = await entriesOf(path);
    expect(entry).toMatchObject({ request_body: null, response_body: null, response_status: 200 });
    expect(entry.request_header).toContain('X-Signature-V2');
    await keep({ body_retention_days: null, data_retention_months: null });
  });
});
