import { createHash, createPublicKey, randomUUID, verify } from 'node:crypto';
import { type ReceivedRequest, type Receiver, startReceiver } from '@selfsame/testing/receiver';
import { waitFor } from '@selfsame/testing/wait';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { forgetEndedSecrets } from '../src/outbound/destination-store.ts';
import { openWorld, type RunningService, type World } from './harness.ts';
import { hmacOf, isAuthentic } from './receiver-checks.ts';

const base = '/v3/webhook/destinations/';

let world: World;
let service: RunningService;
let receiver: Receiver;
const clock = { now: Date.now() };
beforeAll(async () => {
  world = await openWorld();
  receiver = await startReceiver();
});
afterAll(async () => {
  await world.close();
  await receiver.close();
});
beforeEach(async () => {
  receiver.requests.length = 0;
  clock.now = Date.now();
  service = await world.start({ now: () => new Date(clock.now) });
});
afterEach(async () => {
  await service.stop();
  await world.clear();
});

async function addDestination(more: object = {}) {
  const body = { label: 'test', url: `${receiver.url}/hook`, subscribed_events: ['status.updated'], ...more };
  const { body: made } = await service.call('POST', base, body);
  return { ...made, path: `${base}${made.uuid}/` };
}

/** What the receiver gets of the next event. */
async function receiveOne(): Promise<ReceivedRequest> {
  const before = receiver.requests.length;
  await world.tell();
  return await waitFor('a webhook', () => receiver.requests[before]);
}

/** As an unmodified library for Standard Webhooks does it, with one secret. */
function isStandard({ headers, rawBody }: ReceivedRequest, whsec: string): boolean {
  try {
    new Webhook(whsec).verify(rawBody.toString('utf8'), headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

/** Whether one of these keys has made one of the Ed25519 signatures. */
function isSignedBy({ headers, rawBody }: ReceivedRequest, x: string): boolean {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const signed = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${rawBody}`);
  return String(headers['webhook-signature'])
    .split(' ')
    .filter((one) => one.startsWith('v1a,'))
    .some((one) => verify(null, signed, key, Buffer.from(one.slice(4), 'base64')));
}

describe('rotating a secret', () => {
  test('lets both secrets verify until the old one ends, whichever way a receiver verifies', async () => {
    const old = await addDestination();
    const { status, body: fresh } = await service.call('POST', `${old.path}rotate-secret/`, {
      overlap_seconds: 600,
    });
    expect(status).toBe(200);
    expect(fresh.secret_shared_key).toMatch(/^[\w-]{43}$/);
    expect(fresh.secret_shared_key).not.toBe(old.secret_shared_key);
    expect(Date.parse(fresh.previous_secret_expires_at)).toBe(clock.now + 600_000);

    const both = await receiveOne();
    expect(isAuthentic(both, fresh.secret_shared_key)).toBe(true);
    expect(isAuthentic(both, old.secret_shared_key)).toBe(false);
    expect(both.headers['x-signature-previous']).toBe(hmacOf(old.secret_shared_key, both.rawBody));
    expect(isStandard(both, fresh.standard_webhooks_secret)).toBe(true);
    expect(isStandard(both, old.standard_webhooks_secret)).toBe(true);

    clock.now += 601_000;
    const { body: later } = await service.call('GET', old.path);
    expect(later.previous_secret_expires_at).toBeNull();
    const before = receiver.requests.length;
    await world.tell({ occurredAt: new Date(clock.now) });
    const alone = await waitFor('a webhook', () => receiver.requests[before]);
    expect(isAuthentic(alone, fresh.secret_shared_key)).toBe(true);
    expect(alone.headers['x-signature-previous']).toBeUndefined();
    expect(String(alone.headers['webhook-signature']).split(' ')).toHaveLength(1);
  });

  test('without an overlap ends the old secret at once; without a number it lives for a day', async () => {
    const { path } = await addDestination();
    const { body: day } = await service.call('POST', `${path}rotate-secret/`);
    expect(Date.parse(day.previous_secret_expires_at)).toBe(clock.now + 86_400_000);
    const { body: none } = await service.call('POST', `${path}rotate-secret/`, { overlap_seconds: 0 });
    expect(none.previous_secret_expires_at).toBeNull();
    const request = await receiveOne();
    expect(isStandard(request, none.standard_webhooks_secret)).toBe(true);
    expect(isStandard(request, day.standard_webhooks_secret)).toBe(false);
  });

  test('twice keeps the newer of the two old secrets', async () => {
    const first = await addDestination();
    const { body: second } = await service.call('POST', `${first.path}rotate-secret/`);
    const { body: third } = await service.call('POST', `${first.path}rotate-secret/`);
    const request = await receiveOne();
    const accepted = [first, second, third].map(({ standard_webhooks_secret }) =>
      isStandard(request, standard_webhooks_secret),
    );
    expect(accepted).toEqual([false, true, true]);
  });

  test.each([-1, 604_801, 1.5, 'day', null])('refuses an overlap of %j', async (overlap_seconds) => {
    const { path, secret_shared_key } = await addDestination();
    const answer = await service.call('POST', `${path}rotate-secret/`, { overlap_seconds });
    expect(answer).toMatchObject({ status: 400, body: { overlap_seconds: [expect.any(String)] } });
    expect((await service.call('GET', path)).body.secret_shared_key).toBe(secret_shared_key);
  });

  test('of the application’s own endpoint overlaps for a day too', async () => {
    const own = `${receiver.url}/own`;
    const { body: old } = await service.call('PATCH', '/v3/webhook/', { webhook_url: own });
    const { body: fresh } = await service.call('PATCH', '/v3/webhook/', { rotate_secret_key: true });
    const request = await receiveOne();
    expect(isAuthentic(request, fresh.secret_shared_key)).toBe(true);
    expect(request.headers['x-signature-previous']).toBe(hmacOf(old.secret_shared_key, request.rawBody));
    const [row] = (await service.call('GET', base)).body;
    const { body: detail } = await service.call('GET', `${base}${row.uuid}/`);
    expect(Date.parse(detail.previous_secret_expires_at)).toBe(clock.now + 86_400_000);
  });

  test('leaves no old secret in the table once it has ended', async () => {
    const { path, uuid } = await addDestination();
    await service.call('POST', `${path}rotate-secret/`, { overlap_seconds: 60 });
    const { db } = world.database;
    const stored = () =>
      db
        .selectFrom('destinations')
        .select(['sealed_previous_secret', 'previous_secret_ends_at'])
        .where('id', '=', uuid)
        .executeTakeFirstOrThrow();
    await forgetEndedSecrets(db);
    expect((await stored()).sealed_previous_secret).not.toBeNull();
    await db
      .updateTable('destinations')
      .set({ previous_secret_ends_at: new Date(Date.now() - 1_000) })
      .execute();
    await forgetEndedSecrets(db);
    expect(await stored()).toEqual({ sealed_previous_secret: null, previous_secret_ends_at: null });
  });
});

describe('public keys', () => {
  const keysOf = (uuid: string) =>
    service.call('GET', `${base}${uuid}/jwks.json`, undefined, { 'x-api-key': '' });

  test('are there for everybody, and verify what is sent, before and after a rotation', async () => {
    const { path, uuid, public_key } = await addDestination({ asymmetric_signature: true });
    const before = await keysOf(uuid);
    expect(before.status).toBe(200);
    expect(before.headers.get('content-type')).toContain('application/jwk-set+json');
    expect(before.headers.get('cache-control')).toBe('public, max-age=300');
    expect(before.headers.get('x-ratelimit-limit')).toBe('600');
    const [key] = before.body.keys;
    const thumbprint = createHash('sha256')
      .update(`{"crv":"Ed25519","kty":"OKP","x":"${key.x}"}`)
      .digest('base64url');
    expect(before.body).toEqual({
      keys: [{ kty: 'OKP', crv: 'Ed25519', use: 'sig', x: key.x, kid: thumbprint }],
    });
    expect(public_key).toBe(`whpk_${Buffer.from(key.x, 'base64url').toString('base64')}`);
    expect(isSignedBy(await receiveOne(), key.x)).toBe(true);

    await service.call('POST', `${path}rotate-secret/`, { overlap_seconds: 600 });
    const during = (await keysOf(uuid)).body.keys;
    expect(during).toHaveLength(2);
    expect(during[1]).toEqual(key);
    const request = await receiveOne();
    expect(during.map(({ x }: { x: string }) => isSignedBy(request, x))).toEqual([true, true]);

    clock.now += 601_000;
    expect((await keysOf(uuid)).body.keys).toEqual([during[0]]);
  });

  test('of a destination that does not ask for them, is gone, or never was, do not exist', async () => {
    const plain = await addDestination();
    const gone = await addDestination({ url: `${receiver.url}/gone`, asymmetric_signature: true });
    await service.call('DELETE', gone.path);
    for (const uuid of [plain.uuid, gone.uuid, randomUUID(), 'nonsense']) {
      expect(await keysOf(uuid)).toMatchObject({ status: 404, body: { detail: 'Not found.' } });
    }
    const answer = await service.call('PATCH', plain.path, { asymmetric_signature: true });
    expect(answer.body.public_key).toMatch(/^whpk_/);
    expect((await keysOf(plain.uuid)).body.keys).toHaveLength(1);
  });
});
