import { randomUUID } from 'node:crypto';
import { exposeMetrics } from '@selfsame/runtime/metrics';
import { type ReceivedRequest, type Receiver, startReceiver } from '@selfsame/testing/receiver';
import { seriesOf, sumOf } from '@selfsame/testing/series';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, type RunningService, type World } from './harness.ts';
import { acceptsCanonicalJson, acceptsRawBytes, acceptsSimple, isAuthentic } from './receiver-checks.ts';

let world: World;
const receivers: Receiver[] = [];
const services: RunningService[] = [];
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
  for (const receiver of receivers.splice(0)) await receiver.close();
  await world.clear();
});

async function start(options: Parameters<World['start']>[0] = {}): Promise<RunningService> {
  const service = await world.start(options);
  services.push(service);
  return service;
}

async function receive(answer?: Parameters<Receiver['answer']>[0]): Promise<Receiver> {
  const receiver = await startReceiver();
  if (answer) receiver.answer(answer);
  receivers.push(receiver);
  return receiver;
}

/** A destination at `url` that hears of every status. @returns its id and secret */
async function addDestination(
  service: RunningService,
  url: string,
  more: object = {},
): Promise<{ uuid: string; secret: string }> {
  const body = { label: 'test', url, subscribed_events: ['status.updated'], ...more };
  const answer = await service.call('POST', '/v3/webhook/destinations/', body);
  expect(answer.status).toBe(201);
  return { uuid: answer.body.uuid, secret: answer.body.secret_shared_key };
}

const bodyOf = (request: ReceivedRequest) => JSON.parse(request.rawBody.toString('utf8'));

function arrived(receiver: Receiver, count: number): Promise<ReceivedRequest[]> {
  const what = `${count} webhooks at the receiver`;
  return waitFor(what, () => receiver.requests.length >= count && receiver.requests);
}

/** So many deliveries were made and all have ended: nothing more will come. */
function settled(count = 1): Promise<unknown> {
  const ended = async () => {
    const states = await statesOf();
    return states.length >= count && !states.some((state) => state === 'pending' || state === 'waiting');
  };
  return waitFor(`${count} deliveries ended`, ended, { timeoutMs: 30_000 });
}

const statesOf = async () =>
  (await world.database.db.selectFrom('deliveries').select('state').execute()).map(({ state }) => state);

describe('an event', () => {
  test('arrives at once, signed, and receivers of every kind accept it', async () => {
    const service = await start({ environment: { WEBHOOK_POLL_INTERVAL_MS: '60000' } });
    const receiver = await receive();
    const { secret } = await addDestination(service, `${receiver.url}/hook`);
    const sessionId = randomUUID();
    const eventId = await world.tell({ sessionId });

    const [request] = await arrived(receiver, 1);
    if (!request) throw new Error('nothing arrived');
    expect(acceptsRawBytes(request, secret)).toBe(true);
    expect(acceptsCanonicalJson(request, secret)).toBe(true);
    expect(acceptsSimple(request, secret)).toBe(true);
    const body = bodyOf(request);
    expect(body).toMatchObject({
      event_id: eventId,
      webhook_type: 'status.updated',
      session_id: sessionId,
      application_id: world.application.id,
      status: 'Approved',
      sequence: 3,
      vendor_data: 'user-1',
      liveness: { status: 'Approved', method: 'PASSIVE', score: 96.7 },
      face: { status: 'Approved', similarity_score: 0.925 },
      metadata: { name: 'Zoë 東京', ratio: 2, order: '12345678901234567890', tiny: '0.00001', none: null },
    });
    expect(body.decision.face_matches[0].score).toBe(92.5);
    expect(body.timestamp).toBe(body.created_at);
    expect(request.headers['x-timestamp']).toBe(String(body.created_at));
    expect(request.headers['content-type']).toBe('application/json');
  });

  test('goes to the destinations that are on and subscribed, each in its own shape and with its own secret', async () => {
    const service = await start();
    const receiver = await receive();
    const plural = await addDestination(service, `${receiver.url}/v3`);
    const singular = await addDestination(service, `${receiver.url}/v2`, { webhook_version: 'v2' });
    await addDestination(service, `${receiver.url}/off`, { enabled: false });
    await addDestination(service, `${receiver.url}/data`, { subscribed_events: ['data.updated'] });
    await world.tell();

    const requests = await arrived(receiver, 2);
    await settled(2);
    expect(requests.map(({ path }) => path).sort()).toEqual(['/v2', '/v3']);
    const [v2, v3] = [...requests].sort((a, b) => (a.path < b.path ? -1 : 1));
    if (!v2 || !v3) throw new Error('nothing arrived');
    expect(isAuthentic(v2, singular.secret)).toBe(true);
    expect(isAuthentic(v3, plural.secret)).toBe(true);
    expect(isAuthentic(v3, singular.secret)).toBe(false);
    expect(bodyOf(v2).decision.face_match.score).toBe(92.5);
    expect(bodyOf(v2).event_id).toBe(bodyOf(v3).event_id);
  });

  test('that the bus delivers again makes no second webhook', async () => {
    const service = await start();
    const receiver = await receive();
    await addDestination(service, receiver.url);
    const sessionId = randomUUID();
    const id = await world.tell({ sessionId });
    await arrived(receiver, 1);
    await service.stop();

    // A stream that came back empty forgets what it delivered; the same event is published into it once more.
    await world.nats.restart({ wipeStore: true });
    await start();
    await waitFor('the event is published again', () => world.tell({ sessionId }, id));
    const last = await waitFor('another event', () => world.tell());
    await arrived(receiver, 2);
    await settled(2);
    expect(receiver.requests.map((request) => bodyOf(request).event_id)).toEqual([id, last]);
  });

  test('of an application without destinations goes to the session’s callback, signed with the application’s secret', async () => {
    const service = await start();
    const receiver = await receive();
    const { body: endpoint } = await service.call('GET', '/v3/webhook/');
    expect(endpoint.webhook_url).toBeNull();
    await world.tell({ callback: `${receiver.url}/back?from=selfsame` });

    const [request] = await arrived(receiver, 1);
    if (!request) throw new Error('nothing arrived');
    expect(request.path).toBe('/back?from=selfsame');
    expect(isAuthentic(request, endpoint.secret_shared_key)).toBe(true);
  });

  test('goes to the callback only where that is a URL webhooks may go to', async () => {
    await start({ environment: { WEBHOOK_ALLOW_HTTP: 'false' } });
    const receiver = await receive();
    const sessionId = randomUUID();
    await world.tell({ sessionId, callback: `${receiver.url}/back` });
    await world.tell({ callback: 'myapp://done' });
    await waitFor('the event was handled', async () => {
      const { db } = world.database;
      return await db
        .selectFrom('sessions')
        .selectAll()
        .where('session_id', '=', sessionId)
        .executeTakeFirst();
    });
    expect(await statesOf()).toEqual([]);
    expect(receiver.requests).toHaveLength(0);
  });
});

describe('a receiver that', () => {
  const quickly = { WEBHOOK_RETRY_SCHEDULE: '0.05,0.1' };

  test('is out of order for a moment gets the same event again, signed anew', async () => {
    const seconds = { now: Date.now() };
    const service = await start({ environment: quickly, now: () => new Date(seconds.now) });
    const receiver = await receive(() => ({ status: receiver.requests.length < 3 ? 503 : 200 }));
    const { uuid, secret } = await addDestination(service, receiver.url);
    receiver.answer(() => {
      seconds.now += 60_000;
      return { status: receiver.requests.length < 3 ? 503 : 200 };
    });
    const eventId = await world.tell();

    const requests = await arrived(receiver, 3);
    await settled();
    expect(await statesOf()).toEqual(['delivered']);
    const bodies = requests.map(bodyOf);
    expect(new Set(bodies.map((body) => body.event_id))).toEqual(new Set([eventId]));
    expect(new Set(bodies.map((body) => body.created_at)).size).toBe(1);
    expect(new Set(bodies.map((body) => body.timestamp)).size).toBe(3);
    expect(requests.every((request) => isAuthentic(request, secret))).toBe(true);

    const log = await service.call('GET', `/v3/webhook/destinations/${uuid}/deliveries/`);
    expect(log.body.results.map((row: { response_status: number }) => row.response_status)).toEqual([
      200, 503, 503,
    ]);
  });

  test.each([404, 500])('answers %i is tried three times in all', async (status) => {
    const service = await start({ environment: quickly });
    const receiver = await receive(() => ({ status }));
    await addDestination(service, receiver.url);
    await world.tell();
    await settled();
    expect(await statesOf()).toEqual(['failed']);
    expect(receiver.requests).toHaveLength(3);
  });

  test.each([302, 400, 401])(
    'answers %i is not asked again under the contract’s schedule',
    async (status) => {
      const service = await start({ environment: { WEBHOOK_RETRY_SCHEDULE: 'contract' } });
      const receiver = await receive(() => ({ status, headers: { location: '/elsewhere' } }));
      await addDestination(service, receiver.url);
      await world.tell();
      await settled();
      expect(await statesOf()).toEqual(['failed']);
      expect(receiver.requests.map(({ path }) => path)).toEqual(['/']);
    },
  );

  test('hangs takes its own slots and delays nobody else; what waits for it follows when they are free', async () => {
    const environment = {
      WEBHOOK_TIMEOUT_MS: '30000',
      WEBHOOK_CONCURRENCY: '16',
      WEBHOOK_CONCURRENCY_PER_DESTINATION: '3',
      WEBHOOK_RETRY_SCHEDULE: '600',
      WEBHOOK_POLL_INTERVAL_MS: '60000',
      WEBHOOK_CIRCUIT_FAILURES: '1000',
    };
    const service = await start({ environment });
    const hanging = await receive(() => ({ status: 200, hang: true }));
    const quick = await receive();
    const { uuid } = await addDestination(service, hanging.url);
    await addDestination(service, quick.url);
    for (let index = 0; index < 20; index += 1) await world.tell();

    await arrived(quick, 20);
    expect(hanging.requests).toHaveLength(3);

    await hanging.close();
    await waitFor('an attempt of each of its events', async () => {
      const { body } = await service.call('GET', `/v3/webhook/destinations/${uuid}/`);
      return body.summary.total_deliveries === 20;
    });
  });

  test('is reached by a name that points into a private network is not reached', async () => {
    const receiver = await receive();
    const service = await start({
      environment: { WEBHOOK_ALLOWED_NETWORKS: '10.99.0.0/16' },
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    const { uuid } = await addDestination(service, receiver.url.replace('127.0.0.1', 'hooks.example.com'));
    await world.tell();
    await settled();
    expect(await statesOf()).toEqual(['failed']);
    expect(receiver.requests).toHaveLength(0);
    const log = await service.call('GET', `/v3/webhook/destinations/${uuid}/deliveries/`);
    expect(log.body.results).toMatchObject([{ response_status: null, response_time_ms: null }]);
  });

  test('was switched off or deleted gets no retry', async () => {
    const service = await start({ environment: { WEBHOOK_RETRY_SCHEDULE: '1,1' } });
    const receiver = await receive(() => ({ status: 500 }));
    const off = await addDestination(service, `${receiver.url}/off`);
    const gone = await addDestination(service, `${receiver.url}/gone`);
    await world.tell();
    await arrived(receiver, 2);
    await service.call('PATCH', `/v3/webhook/destinations/${off.uuid}/`, { enabled: false });
    await service.call('DELETE', `/v3/webhook/destinations/${gone.uuid}/`);
    await settled(2);
    expect(await statesOf()).toEqual(['cancelled', 'cancelled']);
    expect(receiver.requests).toHaveLength(2);
  });
});

test('a webhook that cannot be signed is an attempt like any other, and its neighbours go out', async () => {
  const service = await start({ environment: { WEBHOOK_RETRY_SCHEDULE: '0.05' } });
  const receiver = await receive();
  const { uuid } = await addDestination(service, `${receiver.url}/broken`);
  await addDestination(service, receiver.url);
  const broken = { sealed_secret: Buffer.from('not a box') };
  await world.database.db.updateTable('destinations').set(broken).where('id', '=', uuid).execute();
  await world.tell();
  await settled(2);
  expect((await statesOf()).sort()).toEqual(['delivered', 'failed']);
  const attempts = await world.database.db
    .selectFrom('attempts')
    .select('error')
    .where('destination_id', '=', uuid)
    .execute();
  expect(attempts).toEqual([{ error: 'not_signed' }, { error: 'not_signed' }]);
});

describe('two replicas', () => {
  test('share the work, and each webhook is sent once', async () => {
    // With so long a poll, nothing that waits may be forgotten.
    const environment = {
      WEBHOOK_CONCURRENCY: '2',
      WEBHOOK_CONCURRENCY_PER_DESTINATION: '2',
      WEBHOOK_POLL_INTERVAL_MS: '60000',
    };
    const service = await start({ environment });
    await start({ environment });
    const receiver = await receive(() => ({ status: 200, delayMs: 5 }));
    const { secret } = await addDestination(service, receiver.url);
    const events = new Set<string>();
    for (let index = 0; index < 100; index += 1) events.add(await world.tell());
    await arrived(receiver, 100);
    await settled(100);
    expect(receiver.requests.every((request) => isAuthentic(request, secret))).toBe(true);
    expect(receiver.requests).toHaveLength(100);
    expect(new Set(receiver.requests.map((request) => bodyOf(request).event_id))).toEqual(events);
  });
});

describe('a deleted session', () => {
  test('leaves no data in the log, and nothing more is sent about it', async () => {
    const service = await start({ environment: { WEBHOOK_RETRY_SCHEDULE: '600' } });
    const receiver = await receive(() => ({ status: 500 }));
    const { uuid } = await addDestination(service, receiver.url);
    const sessionId = randomUUID();
    await world.tell({ sessionId });
    await arrived(receiver, 1);
    const path = `/v3/webhook/destinations/${uuid}/deliveries/`;
    const [entry] = await waitFor('the attempt is in the log', async () => {
      const { body } = await service.call('GET', path);
      return body.results.length === 1 && body.results;
    });

    await world.tellDeleted(sessionId);
    await waitFor('the body is erased', async () => {
      const { body } = await service.call('GET', `${path}${entry.uuid}/`);
      return body.request_body === null;
    });
    expect(await statesOf()).toEqual(['cancelled']);
    expect((await service.call('GET', `/v3/session/${sessionId}/webhooks/`)).status).toBe(404);
    expect((await service.call('POST', `${path}${entry.uuid}/resend/`)).status).toBe(400);

    // An event that was on its way brings nothing back.
    await world.tell({ sessionId });
    await world.tell();
    await arrived(receiver, 2);
    const rows = await world.database.db.selectFrom('deliveries').select('session_id').execute();
    expect(rows.filter((row) => row.session_id === sessionId)).toHaveLength(1);
  });
});

test('bodies older than their application wants are erased, and the log keeps the rest', async () => {
  const service = await start();
  const receiver = await receive();
  await addDestination(service, receiver.url);
  await service.call('PATCH', '/v3/webhook/', { data_retention_months: 1 });
  const monthsAgo = (months: number) => new Date(Date.now() - months * 31 * 86_400_000);
  const old = await world.tell({ occurredAt: monthsAgo(2) });
  const young = await world.tell({ occurredAt: monthsAgo(0) });
  await settled(2);
  await start(); // looks at once

  await waitFor('the old body is erased', async () => {
    const rows = await world.database.db.selectFrom('deliveries').select(['event_id', 'body']).execute();
    const bodies = new Map(rows.map((row) => [row.event_id, row.body]));
    return bodies.get(old) === null && bodies.get(young) !== null;
  });
  await service.call('PATCH', '/v3/webhook/', { data_retention_months: null });
});

test('every attempt and end can be watched, once each, and the way from the frame to the webhook', async () => {
  const before = (await exposeMetrics()).text;
  const service = await start({ environment: { WEBHOOK_RETRY_SCHEDULE: '0.05' } });
  const receiver = await receive();
  receiver.answer(({ path }) => ({ status: path === '/broken' ? 503 : 200 }));
  const { uuid, secret } = await addDestination(service, `${receiver.url}/broken`);
  await addDestination(service, `${receiver.url}/fine`);
  const sessionId = randomUUID();
  const message = { sessionId, captureReceivedAt: new Date(Date.now() - 1_700) };
  const id = await world.tell(message);
  await settled(2);
  // The same event once more, one whose frame came by a clock that runs ahead, and one without a frame.
  await world.tell(message, id);
  await world.tell({ captureReceivedAt: new Date(Date.now() + 60_000) });
  await world.tell();
  await settled(6);

  const risenIn = (text: string, name: string, labels = {}) =>
    sumOf(text, name, labels) - sumOf(before, name, labels);
  const { text } = await waitFor('all attempts are counted', async () => {
    const now = await exposeMetrics();
    return risenIn(now.text, 'selfsame_webhook_attempts_total') >= 9 && now;
  });
  const risen = (name: string, labels = {}) => risenIn(text, name, labels);
  const attempts = (labels: object) => risen('selfsame_webhook_attempts_total', labels);
  expect(attempts({ class: 'healthy', outcome: 'delivered' })).toBe(3);
  expect(attempts({ outcome: 'refused_5xx' })).toBe(6);
  expect(attempts({ class: 'healthy', outcome: 'refused_5xx' })).toBeLessThan(6);
  expect(risen('selfsame_webhook_deliveries_total', { class: 'healthy', outcome: 'delivered' })).toBe(3);
  expect(risen('selfsame_webhook_deliveries_total', { outcome: 'exhausted' })).toBe(3);
  expect(risen('selfsame_webhook_attempt_seconds_count', { outcome: 'refused_5xx' })).toBe(6);
  // Of two frames to two destinations; the one that ran ahead took no time.
  expect(risen('selfsame_frame_to_webhook_seconds_count')).toBe(4);
  expect(risen('selfsame_frame_to_webhook_seconds_bucket', { le: '0.025' })).toBe(2);
  expect(risen('selfsame_frame_to_webhook_seconds_sum')).toBeGreaterThan(3.4);

  const named = new Set(seriesOf(text).map(({ name }) => name));
  for (const name of ['backlog', 'backlog_oldest_seconds', 'destinations']) {
    expect(named).toContain(`selfsame_webhook_${name}`);
  }
  const { id: applicationId, apiKey } = world.application;
  expect(
    [sessionId, id, uuid, secret, applicationId, apiKey, receiver.url].filter((one) => text.includes(one)),
  ).toEqual([]);
});
