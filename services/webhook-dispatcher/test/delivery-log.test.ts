import { randomUUID } from 'node:crypto';
import { type ReceivedRequest, type Receiver, startReceiver } from '@selfsame/testing/receiver';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openWorld, type RunningService, type World } from './harness.ts';
import { isAuthentic } from './receiver-checks.ts';

const base = '/v3/webhook/destinations/';

let world: World;
let service: RunningService;
let receiver: Receiver;
const clock = { now: Date.now() };
beforeAll(async () => {
  world = await openWorld();
  receiver = await startReceiver();
  service = await world.start({ now: () => new Date(clock.now) });
});
afterAll(async () => {
  await world.close();
  await receiver.close();
});
beforeEach(() => {
  receiver.requests.length = 0;
  receiver.answer(() => ({ status: 200 }));
  clock.now = Date.now();
});

const bodyOf = (request: ReceivedRequest | undefined) => JSON.parse(request?.rawBody.toString('utf8') ?? '');

/** A destination, and a session whose event it received. */
async function deliverOne(): Promise<{
  sessionId: string;
  uuid: string;
  secret: string;
  entry: { uuid: string };
}> {
  const body = {
    label: 'test',
    url: `${receiver.url}/${randomUUID()}`,
    subscribed_events: ['status.updated'],
  };
  const { body: destination } = await service.call('POST', base, body);
  const sessionId = randomUUID();
  await world.tell({ sessionId });
  const entry = await waitFor('the attempt is in the log', async () => {
    const page = await service.call('GET', `${base}${destination.uuid}/deliveries/`);
    return page.body.results[0];
  });
  return { sessionId, uuid: destination.uuid, secret: destination.secret_shared_key, entry };
}

describe('the log', () => {
  test('of a session lists attempts with what was sent, as JSON in text', async () => {
    const { sessionId, uuid, entry } = await deliverOne();
    const { status, body } = await service.call('GET', `/v3/session/${sessionId}/webhooks/`);
    expect(status).toBe(200);
    const [logged] = body.filter((each: { uuid: string }) => each.uuid === entry.uuid);
    const sent = receiver.requests.find(({ path }) => logged.request_url.endsWith(path));
    expect(logged).toEqual({
      uuid: entry.uuid,
      session_id: sessionId,
      request_url: expect.stringContaining(receiver.url),
      response_status: 200,
      response_time_ms: expect.any(Number),
      status: 'Approved',
      webhook_type: 'status.updated',
      created_at: expect.any(String),
      request_header: expect.any(String),
      request_body: sent?.rawBody.toString('utf8'),
      attempt: 1,
      error_text: null,
      cause: 'schedule',
      error: null,
      response_body: '',
      delivery_state: 'delivered',
      next_attempt_at: null,
    });
    const header = JSON.parse(logged.request_header);
    expect(Object.keys(header).sort()).toEqual([
      'Content-Type',
      'User-Agent',
      'X-Signature',
      'X-Signature-Simple',
      'X-Signature-V2',
      'X-Timestamp',
      'webhook-id',
      'webhook-signature',
      'webhook-timestamp',
    ]);
    expect(header['X-Signature-V2']).toBe(sent?.headers['x-signature-v2']);

    const one = await service.call('GET', `/v3/session/${sessionId}/webhook/${entry.uuid}`);
    expect(one).toMatchObject({ status: 200, body: logged });
    const sameOne = await service.call('GET', `${base}${uuid}/deliveries/${entry.uuid}/`);
    expect(sameOne).toMatchObject({ status: 200, body: logged });
    expect(logged).toMatchObject(entry);
    expect(Object.keys(entry)).toEqual([
      'uuid',
      'session_id',
      'request_url',
      'response_status',
      'response_time_ms',
      'status',
      'webhook_type',
      'created_at',
      'attempt',
      'error_text',
    ]);
  });

  test('of a session without destinations is empty; of an unknown session there is none', async () => {
    const sessionId = randomUUID();
    await world.tell({ sessionId, applicationId: world.otherApplication.id });
    const call = world.as(service, world.otherApplication);
    const path = `/v3/session/${sessionId}/webhooks/`;
    await waitFor('the session is known', async () => (await call('GET', path)).status === 200);
    expect((await call('GET', path)).body).toEqual([]);
    expect((await service.call('GET', path)).status).toBe(404);
    expect((await call('GET', `/v3/session/${randomUUID()}/webhooks/`)).status).toBe(404);
    expect((await call('GET', path.slice(0, -1))).status).toBe(301);
  });

  test('of a destination comes in pages, newest first, and by day', async () => {
    const { uuid, sessionId, entry } = await deliverOne();
    const resendPath = `${base}${uuid}/deliveries/${entry.uuid}/resend/`;
    for (let index = 0; index < 4; index += 1) await service.call('POST', resendPath);
    const path = `${base}${uuid}/deliveries/`;
    const { body: all } = await service.call('GET', path);
    expect(all).toMatchObject({ count: 5, next: null, previous: null });
    expect(all.results.at(-1).uuid).toBe(entry.uuid);

    const { body: first } = await service.call('GET', `${path}?limit=2`);
    expect(first.results).toEqual(all.results.slice(0, 2));
    expect(first.previous).toBeNull();
    const next = new URL(first.next);
    const { body: second } = await service.call('GET', `${next.pathname}${next.search}`);
    expect(second.results).toEqual(all.results.slice(2, 4));
    expect(second.previous).toContain('offset=0');
    const { body: last } = await service.call('GET', `${path}?limit=2&offset=4`);
    expect(last).toMatchObject({ count: 5, next: null, results: all.results.slice(4) });

    const today = new Date(clock.now).toISOString().slice(0, 10);
    const days = async (query: string) => (await service.call('GET', `${path}?${query}`)).body.count;
    expect(await days(`date_from=${today}&date_to=${today}`)).toBe(5);
    expect(await days('date_to=2020-01-01')).toBe(0);
    expect(await days('date_from=2999-01-01')).toBe(0);
    expect((await service.call('GET', `${path}?date_from=yesterday`)).status).toBe(400);
    expect(all.results.every((row: { session_id: string }) => row.session_id === sessionId)).toBe(true);
  });

  test('of a destination counts no further than 100', async () => {
    const { uuid, entry } = await deliverOne();
    const { db } = world.database;
    const { position, id, ...attempt } = await db
      .selectFrom('attempts')
      .selectAll()
      .where('id', '=', entry.uuid)
      .executeTakeFirstOrThrow();
    const copies = Array.from({ length: 130 }, () => ({
      ...attempt,
      id: randomUUID(),
      response_status: 500,
    }));
    await db.insertInto('attempts').values(copies).execute();
    const { body } = await service.call('GET', `${base}${uuid}/deliveries/?limit=1000&offset=100`);
    expect(body.count).toBe(100);
    expect(body.results).toHaveLength(31);

    const { body: detail } = await service.call('GET', `${base}${uuid}/`);
    expect(detail.summary).toMatchObject({
      total_deliveries: 131,
      failed_deliveries: 130,
      error_rate_percentage: 99,
      last_delivery_at: expect.any(String),
    });
  });
});

describe('resending', () => {
  test('sends the same event again, signed now with the present secret, and logs it apart', async () => {
    const { sessionId, entry } = await deliverOne();
    const first = bodyOf(receiver.requests.at(-1));
    clock.now += 3_600_000;
    const answer = await service.call('POST', `/v3/session/${sessionId}/webhook/${entry.uuid}/resend`);
    expect(answer.status).toBe(200);
    expect(answer.body.uuid).not.toBe(entry.uuid);
    const sent = receiver.requests.at(-1);
    expect(answer.body.request_body).toBe(sent?.rawBody.toString('utf8'));
    expect(bodyOf(sent)).toEqual({ ...first, timestamp: Math.floor(clock.now / 1000) });
    const { body: log } = await service.call('GET', `/v3/session/${sessionId}/webhooks/`);
    expect(log.map((row: { uuid: string }) => row.uuid)).toEqual(
      expect.arrayContaining([answer.body.uuid, entry.uuid]),
    );
  });

  test('with a secret that was replaced meanwhile uses the new one', async () => {
    const call = world.as(service, world.otherApplication);
    const url = `${receiver.url}/own`;
    const { body: old } = await call('PATCH', '/v3/webhook/', { webhook_url: url });
    const sessionId = randomUUID();
    await world.tell({ sessionId, applicationId: world.otherApplication.id });
    const [entry] = await waitFor('the attempt is in the log', async () => {
      const { status, body } = await call('GET', `/v3/session/${sessionId}/webhooks/`);
      return status === 200 && body.length === 1 && body;
    });
    const { body: fresh } = await call('PATCH', '/v3/webhook/', { rotate_secret_key: true });
    await call('POST', `/v3/session/${sessionId}/webhook/${entry.uuid}/resend`);
    const [first, second] = receiver.requests;
    if (!first || !second) throw new Error('nothing arrived');
    expect(isAuthentic(first, old.secret_shared_key)).toBe(true);
    expect(isAuthentic(second, fresh.secret_shared_key)).toBe(true);
    expect(isAuthentic(second, old.secret_shared_key)).toBe(false);
  });

  test('answers 200 whatever the receiver says', async () => {
    const { uuid, entry } = await deliverOne();
    receiver.answer(() => ({ status: 500 }));
    const path = `${base}${uuid}/deliveries/${entry.uuid}/resend/`;
    const answer = await service.call('POST', path);
    expect(answer).toMatchObject({ status: 200, body: { response_status: 500 } });
    const { body: detail } = await service.call('GET', `${base}${uuid}/`);
    expect(detail.summary).toMatchObject({
      total_deliveries: 2,
      failed_deliveries: 1,
      error_rate_percentage: 50,
    });
  });

  test('that succeeds ends the retries', async () => {
    receiver.answer(() => ({ status: 503 }));
    const { uuid, entry } = await deliverOne();
    receiver.answer(() => ({ status: 200 }));
    await service.call('POST', `${base}${uuid}/deliveries/${entry.uuid}/resend/`);
    const { state } = await world.database.db
      .selectFrom('deliveries')
      .select('state')
      .where('destination_id', '=', uuid)
      .executeTakeFirstOrThrow();
    expect(state).toBe('delivered');
  });

  test('to a deleted destination, of an unknown entry, or through another session is refused', async () => {
    const { sessionId, uuid, entry } = await deliverOne();
    const path = (session: string, id: string) => `/v3/session/${session}/webhook/${id}/resend`;
    expect((await service.call('POST', path(sessionId, randomUUID()))).status).toBe(404);
    expect((await service.call('POST', path(randomUUID(), entry.uuid))).status).toBe(404);
    const other = world.as(service, world.otherApplication);
    expect((await other('POST', path(sessionId, entry.uuid))).status).toBe(404);
    await service.call('DELETE', `${base}${uuid}/`);
    const answer = await service.call('POST', path(sessionId, entry.uuid));
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining('deleted') } });
  });
});
