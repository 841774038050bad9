import { randomUUID } from 'node:crypto';
import { type ReceivedRequest, type Receiver, startReceiver } from '@selfsame/testing/receiver';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { webhookEvents } from '../src/domain/body.ts';
import { openWorld, type RunningService, type World } from './harness.ts';
import { isAuthentic } from './receiver-checks.ts';

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
  const resolve = async () => [{ address: '10.1.2.3', family: 4 }];
  service = await world.start({ environment: { WEBHOOK_TIMEOUT_MS: '1000' }, resolve });
});
afterEach(async () => {
  await service.stop();
  await receiver.close();
  await world.clear();
});

async function addDestination(more: object = {}) {
  const body = { label: 'test', url: `${receiver.url}/hook`, subscribed_events: ['data.updated'], ...more };
  const { body: made } = await service.call('POST', base, body);
  return { ...made, path: `${base}${made.uuid}/` };
}

const bodyOf = (request: ReceivedRequest | undefined) => JSON.parse(request?.rawBody.toString('utf8') ?? '');
const statesOf = async (uuid: string) => {
  const { db } = world.database;
  const rows = await db
    .selectFrom('deliveries')
    .select('state')
    .where('destination_id', '=', uuid)
    .orderBy('created_at')
    .execute();
  return rows.map(({ state }) => state);
};

describe('a test event', () => {
  test('is sent at once, marked as one, signed like any other, and answered with what the receiver said', async () => {
    const { path, secret_shared_key, uuid } = await addDestination({ webhook_version: 'v2' });
    receiver.answer(() => ({ status: 201, body: 'thank you' }));
    const answer = await service.call('POST', `${path}test/`);
    const [sent] = receiver.requests;
    if (!sent) throw new Error('nothing arrived');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      response_status: 201,
      response_body: 'thank you',
      webhook_type: 'status.updated',
      status: 'Approved',
      request_body: sent.rawBody.toString('utf8'),
      attempt: null,
      cause: 'test',
      error_text: null,
      delivery_state: 'delivered',
    });
    expect(isAuthentic(sent, secret_shared_key)).toBe(true);
    expect(sent.headers['x-didit-test-webhook']).toBe('true');
    const body = bodyOf(sent);
    expect(body).toMatchObject({
      application_id: world.application.id,
      environment: 'live',
      metadata: { test_webhook: true },
      decision: { liveness: { status: 'Approved' }, face_match: { status: 'Approved' } },
    });
    const { body: log } = await service.call('GET', `${path}deliveries/`);
    expect(log.results).toMatchObject([{ uuid: answer.body.uuid, session_id: body.session_id }]);
    expect((await service.call('GET', `${path}deliveries/${answer.body.uuid}/`)).body).toEqual(answer.body);

    await service.call('POST', `${path}test/`);
    expect(bodyOf(receiver.requests[1]).event_id).not.toBe(body.event_id);
    expect(bodyOf(receiver.requests[1]).session_id).not.toBe(body.session_id);

    const again = await service.call('POST', `${path}deliveries/${answer.body.uuid}/resend/`);
    expect(again.body).toMatchObject({ cause: 'test', response_status: 201 });
    expect(receiver.requests[2]?.headers['x-didit-test-webhook']).toBe('true');
    expect(bodyOf(receiver.requests[2]).event_id).toBe(body.event_id);
    expect(await statesOf(uuid)).toEqual(['delivered', 'delivered']);
  });

  test.each(webhookEvents)('of %s arrives and verifies', async (webhook_type) => {
    const { path, secret_shared_key } = await addDestination();
    const { body } = await service.call('POST', `${path}test/`, { webhook_type });
    expect(body).toMatchObject({ webhook_type, response_status: 200 });
    expect(bodyOf(receiver.requests[0])).toMatchObject({ webhook_type, metadata: { test_webhook: true } });
    const [sent] = receiver.requests;
    // What is about no session is signed for by the id of what it is about.
    const isAboutSession = ['status.updated', 'data.updated'].includes(webhook_type);
    if (sent && isAboutSession) expect(isAuthentic(sent, secret_shared_key)).toBe(true);
  });

  test('answers 200 with the reason in words when the receiver fails, and is not tried again', async () => {
    const { path, uuid } = await addDestination({ retry_schedule: [0, 0] });
    receiver.answer(() => ({ status: 503, body: 'out of order' }));
    expect(await service.call('POST', `${path}test/`)).toMatchObject({
      status: 200,
      body: {
        response_status: 503,
        response_body: 'out of order',
        error_text: 'The receiver answered 503',
        delivery_state: 'failed',
        next_attempt_at: null,
      },
    });
    const requests = receiver.requests.length;
    await receiver.close();
    const refused = await service.call('POST', `${path}test/`);
    expect(refused.body).toMatchObject({
      response_status: null,
      response_body: null,
      error_text: 'The connection was refused',
    });
    expect(requests).toBe(1);
    expect(await statesOf(uuid)).toEqual(['failed', 'failed']);
  });

  test('never goes to an address that webhooks never go to', async () => {
    const { path } = await addDestination({ url: 'http://inside.example.com/' });
    const { body } = await service.call('POST', `${path}test/`);
    expect(body).toMatchObject({
      response_status: null,
      error: 'address_refused',
      error_text: 'The address is one that webhooks never go to',
    });
  });

  test('goes to a destination that is switched off, for that is when one tests', async () => {
    const { path } = await addDestination({ enabled: false });
    expect((await service.call('POST', `${path}test/`)).body.response_status).toBe(200);
    expect((await service.call('GET', path)).body.enabled).toBe(false);
  });

  test('of an unknown name is refused', async () => {
    const { path } = await addDestination();
    const answer = await service.call('POST', `${path}test/`, { webhook_type: 'nonsense' });
    expect(answer).toMatchObject({
      status: 400,
      body: { webhook_type: [expect.stringContaining('Must be one of')] },
    });
    expect(receiver.requests).toHaveLength(0);
  });
});

test('of what is sent by hand, eight are under way at once for an application', async () => {
  const { path } = await addDestination();
  const { body: made } = await service.call('POST', `${path}test/`);
  receiver.answer(() => ({ status: 200, hang: true }));
  const hanging = Array.from({ length: 8 }, () => service.call('POST', `${path}test/`));
  await waitFor('all of them arrived', () => receiver.requests.length === 9);
  const detail = expect.stringContaining('Try again in a few seconds.');
  expect(await service.call('POST', `${path}test/`)).toMatchObject({ status: 429, body: { detail } });
  const resend = `${path}deliveries/${made.uuid}/resend/`;
  expect(await service.call('POST', resend)).toMatchObject({ status: 429, body: { detail } });

  receiver.answer(() => ({ status: 200 }));
  const call = world.as(service, world.otherApplication);
  const { body: other } = await call('POST', base, {
    label: 'another application',
    url: `${receiver.url}/other`,
    subscribed_events: ['status.updated'],
  });
  expect((await call('POST', `${base}${other.uuid}/test/`)).body.response_status).toBe(200);

  const answers = await Promise.all(hanging);
  expect(answers.map(({ body }) => body.error_text)).toEqual(Array(8).fill('No answer within 1 second'));
  expect((await service.call('POST', resend)).body.response_status).toBe(200);
});

describe('sending all again that failed', () => {
  const since = () => new Date(Date.now() - 60_000).toISOString();

  test('starts their schedule anew, with the same event ids, the oldest first', async () => {
    const { path, uuid } = await addDestination({
      subscribed_events: ['status.updated'],
      retry_schedule: [],
      max_in_flight: 1,
    });
    receiver.answer(() => ({ status: 500 }));
    const ids: string[] = [];
    for (const second of [3, 2, 1]) {
      ids.push(await world.tell({ occurredAt: new Date(Date.now() - second * 1_000) }));
      await waitFor(
        'it failed',
        async () => (await statesOf(uuid)).filter((s) => s === 'failed').length === ids.length,
      );
    }
    await service.call('POST', `${path}test/`); // fails too, and is no event
    const before = receiver.requests.length;
    receiver.answer(() => ({ status: 200 }));
    const none = { since: new Date(Date.now() + 60_000).toISOString() };
    expect((await service.call('POST', `${path}resend-failed/`, none)).body).toEqual({ resent: 0 });
    const answer = await service.call('POST', `${path}resend-failed/`, { since: since() });
    expect(answer).toMatchObject({ status: 200, body: { resent: 3 } });
    await waitFor('all are delivered', () => receiver.requests.length === before + 3);
    const sent = receiver.requests.slice(before).map(bodyOf);
    expect(sent.map(({ event_id }) => event_id)).toEqual(ids);
    await waitFor('the log has them', async () => {
      const { body } = await service.call('GET', `${path}deliveries/?result=succeeded`);
      return (
        body.results.length === 3 && body.results.every(({ attempt }: { attempt: number }) => attempt === 1)
      );
    });
    expect((await service.call('POST', `${path}resend-failed/`, { since: since() })).body.resent).toBe(0);
  });

  test('keeps the order of a session at an ordered destination', async () => {
    const { path, uuid } = await addDestination({
      subscribed_events: ['status.updated'],
      ordered: true,
      retry_schedule: [],
    });
    receiver.answer(() => ({ status: 500 }));
    const sessionId = randomUUID();
    for (let sequence = 1n; sequence <= 4n; sequence += 1n) await world.tell({ sessionId, sequence });
    await waitFor('all failed', async () => (await statesOf(uuid)).join() === 'failed,failed,failed,failed');
    const before = receiver.requests.length;
    receiver.answer(() => ({ status: 200, delayMs: 20 }));
    expect((await service.call('POST', `${path}resend-failed/`, { since: since() })).body.resent).toBe(4);
    await waitFor('all are delivered', () => receiver.requests.length === before + 4);
    expect(receiver.requests.slice(before).map((one) => bodyOf(one).sequence)).toEqual([1, 2, 3, 4]);
  });

  test('leaves alone what has no body any more, and what another destination has missed', async () => {
    const one = await addDestination({ subscribed_events: ['status.updated'], retry_schedule: [] });
    const other = await addDestination({
      url: `${receiver.url}/b`,
      subscribed_events: ['status.updated'],
      retry_schedule: [],
    });
    receiver.answer(() => ({ status: 500 }));
    const [erased, kept] = [randomUUID(), randomUUID()];
    await world.tell({ sessionId: erased });
    await world.tell({ sessionId: kept });
    await waitFor(
      'all failed',
      async () =>
        [...(await statesOf(one.uuid)), ...(await statesOf(other.uuid))].join() ===
        'failed,failed,failed,failed',
    );
    await world.tellDeleted(erased);
    await waitFor('one is erased', async () => {
      const { body } = await service.call('GET', `/v3/session/${erased}/webhooks/`);
      return body.detail === 'Not found.';
    });
    expect((await service.call('POST', `${one.path}resend-failed/`, { since: since() })).body.resent).toBe(1);
    expect(await statesOf(other.uuid)).toEqual(['failed', 'failed']);
  });

  test('needs a time, and a destination that is switched on', async () => {
    const { path } = await addDestination();
    const post = (body?: unknown) => service.call('POST', `${path}resend-failed/`, body);
    expect(await post()).toMatchObject({ status: 400, body: { since: ['This field is required.'] } });
    expect(await post({ since: 'yesterday' })).toMatchObject({
      status: 400,
      body: { since: ['Enter a valid date and time in ISO 8601.'] },
    });
    await service.call('PATCH', path, { enabled: false });
    expect(await post({ since: since() })).toMatchObject({
      status: 400,
      body: { detail: 'The destination is disabled. Enable it first.' },
    });
  });
});
