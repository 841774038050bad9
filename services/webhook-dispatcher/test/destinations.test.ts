import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, type RunningService, type World } from './harness.ts';

const base = '/v3/webhook/destinations/';

let world: World;
let service: RunningService;
beforeAll(async () => {
  world = await openWorld();
  service = await world.start();
});
afterAll(() => world.close());

/** What is shown beyond the /v3 contract, of a destination that nothing was ever sent to. */
const added = {
  ordered: false,
  retry_schedule: 'standard',
  rate_per_second: null,
  max_in_flight: null,
  asymmetric_signature: false,
  disabled_reason: null,
  circuit: { state: 'closed', open_until: null, consecutive_failures: 0 },
  figures: {
    success_rate_percentage: null,
    p50_response_time_ms: null,
    p95_response_time_ms: null,
    last_error: null,
    last_error_at: null,
  },
};

let count = 0;
const valid = (more: object = {}) => {
  count += 1;
  return {
    label: 'test',
    url: `https://example.com/${count}`,
    subscribed_events: ['status.updated'],
    ...more,
  };
};

describe('destinations', () => {
  test('creating one answers all of it, with a secret of its own', async () => {
    const body = valid({ subscribed_events: ['status.updated', 'data.updated'] });
    const answer = await service.call('POST', base, body);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      label: 'test',
      url: body.url,
      enabled: true,
      webhook_version: 'v3',
      secret_shared_key: expect.stringMatching(/^[\w-]{43}$/),
      subscribed_events: ['status.updated', 'data.updated'],
      created_at: expect.any(String),
      updated_at: expect.any(String),
      summary: {
        total_deliveries: 0,
        failed_deliveries: 0,
        error_rate_percentage: 0,
        min_response_time_ms: null,
        avg_response_time_ms: null,
        max_response_time_ms: null,
        last_delivery_at: null,
      },
      ...added,
      standard_webhooks_secret: `whsec_${Buffer.from(answer.body.secret_shared_key).toString('base64')}`,
      public_key: null,
      previous_secret_expires_at: null,
    });
    const again = await service.call('GET', `${base}${answer.body.uuid}/`);
    expect(again.status).toBe(200);
    expect(again.body).toEqual(answer.body);
  });

  test('the list is a plain array, oldest first, with figures and without secrets', async () => {
    const first = await service.call('POST', base, valid({ label: 'first' }));
    const second = await service.call(
      'POST',
      base,
      valid({ label: 'second', enabled: false, webhook_version: 'v1' }),
    );
    const { body: list } = await service.call('GET', base);
    const [older, newer] = list.slice(-2);
    expect([older.uuid, newer.uuid]).toEqual([first.body.uuid, second.body.uuid]);
    expect(newer).toEqual({
      uuid: second.body.uuid,
      label: 'second',
      url: second.body.url,
      enabled: false,
      webhook_version: 'v1',
      subscribed_events: ['status.updated'],
      subscribed_events_count: 1,
      deliveries_count: 0,
      failed_deliveries_count: 0,
      average_response_time_ms: null,
      error_rate_percentage: 0,
      last_delivery_at: null,
      created_at: expect.any(String),
      updated_at: expect.any(String),
      ...added,
      disabled_reason: 'owner',
    });
  });

  test('changing one changes what is named and nothing else', async () => {
    const { body: made } = await service.call('POST', base, valid());
    const path = `${base}${made.uuid}/`;
    const change = {
      label: 'new',
      enabled: false,
      webhook_version: 'v2',
      subscribed_events: ['data.updated'],
      ordered: true,
      retry_schedule: [0, 0.5, 604_800],
      rate_per_second: 0.1,
      max_in_flight: 3,
    };
    const answer = await service.call('PATCH', path, change);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      ...made,
      ...change,
      disabled_reason: 'owner',
      updated_at: expect.any(String),
    });
    expect((await service.call('GET', path)).body).toEqual(answer.body);
    const back = { enabled: true, retry_schedule: 'contract', rate_per_second: null, max_in_flight: null };
    expect((await service.call('PATCH', path, back)).body).toMatchObject({ ...back, disabled_reason: null });
    expect((await service.call('PATCH', path, {})).body.label).toBe('new');
  });

  test('deleting one works once, and its URL is free again', async () => {
    const body = valid();
    const { body: made } = await service.call('POST', base, body);
    const path = `${base}${made.uuid}/`;
    expect((await service.call('DELETE', path)).status).toBe(204);
    expect((await service.call('DELETE', path)).status).toBe(404);
    expect((await service.call('GET', path)).status).toBe(404);
    expect((await service.call('PATCH', path, { label: 'x' })).status).toBe(404);
    expect((await service.call('POST', base, body)).status).toBe(201);
  });

  const duplicate = 'https://example.com/duplicate';
  const refusals: [string, object, object][] = [
    [
      'a URL that exists',
      { url: duplicate },
      { url: ['This webhook destination already exists for the application.'] },
    ],
    [
      'no events',
      { subscribed_events: [] },
      { subscribed_events: ['At least one subscribed event is required.'] },
    ],
    [
      'unknown events',
      { subscribed_events: ['status.updated', '*', 'nonsense'] },
      { subscribed_events: ['Unsupported webhook events: *, nonsense'] },
    ],
    ['no label', { label: undefined }, { label: ['This field is required.'] }],
    ['an empty label', { label: '' }, { label: ['This field may not be blank.'] }],
    [
      'a long label',
      { label: 'x'.repeat(256) },
      { label: ['Ensure this field has no more than 255 characters.'] },
    ],
    ['no URL', { url: undefined }, { url: ['This field is required.'] }],
    ['what is no URL', { url: 'example' }, { url: ['Enter a valid URL.'] }],
    ['a private address', { url: 'https://10.0.0.1/' }, { url: ['The URL must point to a public host.'] }],
    [
      'a metadata service',
      { url: 'https://169.254.169.254/' },
      { url: ['The URL must point to a public host.'] },
    ],
    ['an unknown version', { webhook_version: 'v9' }, { webhook_version: ['Must be one of: v1, v2, v3.'] }],
    ['a version that is no text', { enabled: 'yes' }, { enabled: ['Must be a valid boolean.'] }],
    ['an order that is no boolean', { ordered: 1 }, { ordered: ['Must be a valid boolean.'] }],
    [
      'a schedule that has no such name',
      { retry_schedule: 'often' },
      { retry_schedule: ['Must be one of: standard, contract.', 'Expected a list of items.'] },
    ],
    [
      'a schedule that waits for too long',
      { retry_schedule: [5, 604_801] },
      {
        retry_schedule: expect.arrayContaining(['1: Ensure this value is less than or equal to 604800.']),
      },
    ],
    [
      'a schedule that goes back in time',
      { retry_schedule: [-1] },
      { retry_schedule: expect.arrayContaining(['0: Ensure this value is greater than or equal to 0.']) },
    ],
    [
      'a schedule of too many retries',
      { retry_schedule: Array.from({ length: 21 }, () => 1) },
      { retry_schedule: expect.arrayContaining(['Ensure this field has no more than 20 elements.']) },
    ],
    [
      'a rate that is next to none',
      { rate_per_second: 0.001 },
      { rate_per_second: ['Ensure this value is greater than or equal to 0.01.'] },
    ],
    ['a rate in words', { rate_per_second: 'slow' }, { rate_per_second: ['A valid number is required.'] }],
    [
      'no attempts at once',
      { max_in_flight: 0 },
      { max_in_flight: ['Ensure this value is greater than or equal to 1.'] },
    ],
    ['half an attempt at once', { max_in_flight: 1.5 }, { max_in_flight: ['A valid integer is required.'] }],
  ];
  test.each(refusals)('%s is refused in the contract’s words', async (_name, more, expected) => {
    await service.call('POST', base, valid({ url: duplicate }));
    const answer = await service.call('POST', base, valid(more));
    expect(answer).toMatchObject({ status: 400, body: expected });
  });

  test('a change is checked like a creation', async () => {
    const { body: made } = await service.call('POST', base, valid());
    const { body: other } = await service.call('POST', base, valid());
    const path = `${base}${made.uuid}/`;
    const taken = await service.call('PATCH', path, { url: other.url });
    expect(taken).toMatchObject({ status: 400, body: { url: [expect.stringContaining('already exists')] } });
    const none = await service.call('PATCH', path, { subscribed_events: [] });
    expect(none.status).toBe(400);
    expect((await service.call('GET', path)).body).toEqual(made);
  });

  test('plain http is refused where the operator has not allowed it', async () => {
    const strict = await world.start({ environment: { WEBHOOK_ALLOW_HTTP: 'false' } });
    const answer = await strict.call('POST', base, valid({ url: 'http://example.com/' }));
    expect(answer).toMatchObject({ status: 400, body: { url: ['The URL must use HTTPS.'] } });
    await strict.stop();
  });

  test('of another application do not exist', async () => {
    const { body: made } = await service.call('POST', base, valid());
    const call = world.as(service, world.otherApplication);
    const path = `${base}${made.uuid}/`;
    for (const [method, target] of [
      ['GET', path],
      ['PATCH', path],
      ['DELETE', path],
      ['GET', `${path}deliveries/`],
      ['GET', `${path}deliveries/${randomUUID()}/`],
      ['POST', `${path}deliveries/${randomUUID()}/resend/`],
      ['POST', `${path}rotate-secret/`],
      ['POST', `${path}test/`],
      ['POST', `${path}resend-failed/`],
      ['GET', `${path}history/`],
      ['GET', `/v3/session/${randomUUID()}/webhooks/`],
    ] as const) {
      const body = target.endsWith('resend-failed/') ? { since: '2026-01-01T00:00:00Z' } : undefined;
      const answer = await call(method, target, method === 'PATCH' ? { label: 'mine' } : body);
      expect([method, target, answer.status, answer.body]).toEqual([
        method,
        target,
        404,
        { detail: 'Not found.' },
      ]);
    }
    expect((await call('GET', base)).body).toEqual([]);
    expect((await call('POST', base, valid({ url: made.url }))).status).toBe(201);
  });

  test('without a key there is nothing to see; what is no UUID is no route', async () => {
    const answer = await service.call('GET', base, undefined, { 'x-api-key': 'wrong' });
    expect(answer).toMatchObject({
      status: 401,
      body: { detail: 'Authentication credentials were not provided or are invalid.' },
    });
    expect((await service.call('GET', `${base}not-a-uuid/`)).status).toBe(404);
    expect((await service.call('GET', base.slice(0, -1))).status).toBe(301);
  });

  test('are described in OpenAPI', async () => {
    const { body } = await service.call('GET', '/v3/openapi/webhook-dispatcher.json');
    expect(Object.keys(body.paths).sort()).toEqual([
      '/v3/session/{session_id}/webhook/{webhook_uuid}',
      '/v3/session/{session_id}/webhook/{webhook_uuid}/resend',
      '/v3/session/{session_id}/webhooks/',
      '/v3/webhook/',
      '/v3/webhook/destinations/',
      '/v3/webhook/destinations/{uuid}/',
      '/v3/webhook/destinations/{uuid}/deliveries/',
      '/v3/webhook/destinations/{uuid}/deliveries/{delivery_uuid}/',
      '/v3/webhook/destinations/{uuid}/deliveries/{delivery_uuid}/resend/',
      '/v3/webhook/destinations/{uuid}/history/',
      '/v3/webhook/destinations/{uuid}/jwks.json',
      '/v3/webhook/destinations/{uuid}/resend-failed/',
      '/v3/webhook/destinations/{uuid}/rotate-secret/',
      '/v3/webhook/destinations/{uuid}/test/',
    ]);
    expect(body.paths['/v3/webhook/destinations/{uuid}/jwks.json'].get.security).toEqual([]);
  });

  test('a repeated Idempotency-Key creates one destination', async () => {
    const body = valid();
    const headers = { 'idempotency-key': randomUUID() };
    const first = await service.call('POST', base, body, headers);
    const second = await service.call('POST', base, body, headers);
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
  });
});

describe('the application’s own endpoint', () => {
  const path = '/v3/webhook/';

  test('exists from the start, with a secret that stays', async () => {
    const call = world.as(service, world.otherApplication);
    const { body } = await call('GET', path);
    expect(body).toEqual({
      webhook_url: null,
      webhook_version: 'v3',
      secret_shared_key: expect.stringMatching(/^[\w-]{43}$/),
      capture_method: 'both',
      data_retention_months: null,
      body_retention_days: null,
    });
    expect((await call('GET', path)).body).toEqual(body);
  });

  test('takes a URL, which then is a destination too; deleting that keeps the secret', async () => {
    const { body: before } = await service.call('GET', path);
    const change = {
      webhook_url: 'https://example.com/own',
      capture_method: 'mobile',
      data_retention_months: 12,
      body_retention_days: 30,
    };
    const { body: after } = await service.call('PATCH', path, change);
    expect(after).toEqual({ ...before, ...change });
    const { body: list } = await service.call('GET', base);
    const own = list.find((row: { url: string }) => row.url === 'https://example.com/own');
    expect((await service.call('DELETE', `${base}${own.uuid}/`)).status).toBe(204);
    expect((await service.call('DELETE', `${base}${own.uuid}/`)).status).toBe(404);
    expect((await service.call('GET', path)).body).toEqual({ ...after, webhook_url: null });
    const cleared = await service.call('PATCH', path, { data_retention_months: null });
    expect(cleared.body.data_retention_months).toBeNull();
    expect(cleared.body.capture_method).toBe('mobile');
  });

  test('gives out a new secret when asked', async () => {
    const { body: before } = await service.call('GET', path);
    const { body: after } = await service.call('PATCH', path, { rotate_secret_key: true });
    expect(after.secret_shared_key).toMatch(/^[\w-]{43}$/);
    expect(after.secret_shared_key).not.toBe(before.secret_shared_key);
    expect((await service.call('GET', path)).body).toEqual(after);
  });

  test.each([
    [{ webhook_url: 'https://10.0.0.1/' }, { webhook_url: ['The URL must point to a public host.'] }],
    [{ webhook_version: 'v4' }, { webhook_version: ['Must be one of: v1, v2, v3.'] }],
    [{ capture_method: 'fax' }, { capture_method: ['Must be one of: mobile, desktop, both.'] }],
    [{ data_retention_months: 0 }, { data_retention_months: [expect.any(String)] }],
    [{ body_retention_days: 0 }, { body_retention_days: [expect.any(String)] }],
    [{ body_retention_days: 3_651 }, { body_retention_days: [expect.any(String)] }],
  ])('refuses %j', async (change, expected) => {
    const answer = await service.call('PATCH', path, change);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(expected);
  });
});
