import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { createLog } from '@selfsame/runtime/log';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Attempt, Delivery } from '../domain/delivery.ts';
import { migrations } from '../migrations.ts';
import { claimDue, insertDeliveries, recordScheduled, release } from './delivery-store.ts';
import { insertDestination } from './destination-store.ts';
import type { Tables } from './tables.ts';

const service = 'webhook-dispatcher';
const applicationId = randomUUID();

let postgres: Awaited<ReturnType<typeof testDatabaseUrl>>;
let database: Database<Tables>;
beforeAll(async () => {
  postgres = await testDatabaseUrl();
  await migrate({ service, url: postgres.url, migrations, log: createLog('test', 'silent') });
  database = await openDatabase({ service, url: postgres.url, migrations });
});
afterAll(async () => {
  await database.close();
  await postgres.drop();
});
beforeEach(async () => {
  await database.db.deleteFrom('attempts').execute();
  await database.db.deleteFrom('deliveries').execute();
});

async function addDestination(): Promise<string> {
  const id = randomUUID();
  await insertDestination(database.db, {
    id,
    applicationId,
    isApplicationEndpoint: false,
    label: 'test',
    url: `https://example.com/${id}`,
    enabled: true,
    version: 'v3',
    subscribedEvents: ['status.updated'],
    sealedSecret: Buffer.alloc(1),
  });
  return id;
}

async function addDeliveries(destinationId: string, count: number): Promise<void> {
  const deliveries = Array.from({ length: count }, () => ({
    id: randomUUID(),
    eventId: randomUUID(),
    destinationId,
    applicationId,
    sessionId: randomUUID(),
    webhookType: 'status.updated',
    status: 'Approved',
    sequence: 1,
    url: null,
    callbackUrl: null,
    body: '{"timestamp":1}',
    traceparent: null,
    createdAt: new Date(),
    attempts: 0,
    claims: 0,
    sealedSecret: Buffer.alloc(1),
  }));
  await insertDeliveries(database.db, deliveries, 0);
}

const roomy = { room: 1_000, roomPerDestination: 1_000, busy: new Map<string, number>(), leaseMs: 60_000 };
const idsOf = (deliveries: readonly Delivery[]) => deliveries.map(({ id }) => id);

function attemptOf(delivery: Delivery): Attempt {
  return {
    id: randomUUID(),
    deliveryId: delivery.id,
    destinationId: delivery.destinationId,
    cause: 'schedule',
    requestUrl: 'https://example.com/',
    requestHeader: '{}',
    signedAt: 1,
    responseStatus: 500,
    responseTimeMs: 1,
    error: null,
    createdAt: new Date(),
  };
}

async function claimOne(leaseMs = 60_000): Promise<Delivery> {
  const [claimed] = await claimDue(database.db, { ...roomy, leaseMs });
  if (!claimed) throw new Error('nothing was due');
  return claimed;
}

const stateOf = async ({ id }: Delivery) =>
  await database.db
    .selectFrom('deliveries')
    .select(['state', 'attempts'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();

test('however many claim at once, each delivery is claimed once', async () => {
  const destinations = await Promise.all([addDestination(), addDestination(), addDestination()]);
  for (const destination of destinations) await addDeliveries(destination, 300);
  const claimed: string[] = [];
  const claimAll = async () => {
    for (;;) {
      const batch = await claimDue(database.db, { ...roomy, room: 20 });
      if (batch.length === 0) return;
      claimed.push(...idsOf(batch));
    }
  };
  await Promise.all(Array.from({ length: 8 }, claimAll));
  // A claim passes over rows that another one is looking at, so some may be left for the next poll.
  await claimAll();
  expect(claimed).toHaveLength(900);
  expect(new Set(claimed).size).toBe(900);
});

test('a long queue of one destination leaves room for the others', async () => {
  const [long, short] = [await addDestination(), await addDestination()];
  await addDeliveries(long, 50);
  await addDeliveries(short, 1);
  const claimed = await claimDue(database.db, { ...roomy, roomPerDestination: 3 });
  expect(claimed.map(({ destinationId }) => destinationId).sort()).toEqual([long, long, long, short].sort());
});

test('a destination that is full here is left to others', async () => {
  const [full, busy] = [await addDestination(), await addDestination()];
  await addDeliveries(full, 5);
  await addDeliveries(busy, 5);
  const taken = new Map([
    [full, 0],
    [busy, 2],
  ]);
  const claimed = await claimDue(database.db, { ...roomy, busy: taken });
  expect(claimed.map(({ destinationId }) => destinationId)).toEqual([busy, busy]);
});

test('a claim that is never finished comes back when its lease ends, and only then', async () => {
  await addDeliveries(await addDestination(), 1);
  const first = await claimOne(300);
  expect(await claimDue(database.db, roomy)).toEqual([]);
  const [second] = await waitFor('the lease to end', async () => {
    const claimed = await claimDue(database.db, roomy);
    return claimed.length > 0 && claimed;
  });
  expect(second).toMatchObject({ id: first.id, claims: first.claims + 1 });
});

test('who lost the claim does not decide, but what was delivered stays delivered', async () => {
  await addDeliveries(await addDestination(), 1);
  const late = await claimOne(0);
  const owner = await claimOne();
  await recordScheduled(database.db, attemptOf(late), late.claims, { kind: 'failed' });
  expect(await stateOf(late)).toEqual({ state: 'pending', attempts: 0 });
  await recordScheduled(database.db, attemptOf(late), late.claims, { kind: 'delivered' });
  expect(await stateOf(late)).toEqual({ state: 'delivered', attempts: 1 });
  await recordScheduled(database.db, attemptOf(owner), owner.claims, { kind: 'failed' });
  expect(await stateOf(owner)).toEqual({ state: 'delivered', attempts: 1 });
  expect(await database.db.selectFrom('attempts').select('id').execute()).toHaveLength(3);
});

test('a claim that is given back is due at once', async () => {
  await addDeliveries(await addDestination(), 1);
  const first = await claimOne();
  await release(database.db, first);
  expect(await claimOne()).toMatchObject({ id: first.id });
});

test('an event is one delivery for a destination, however often it is written', async () => {
  const destinationId = await addDestination();
  await addDeliveries(destinationId, 1);
  const first = await claimOne();
  const { event_id } = await database.db
    .selectFrom('deliveries')
    .select('event_id')
    .where('id', '=', first.id)
    .executeTakeFirstOrThrow();
  const again = {
    ...first,
    id: randomUUID(),
    eventId: event_id,
    applicationId,
    sequence: 1,
    callbackUrl: null,
  };
  expect(await insertDeliveries(database.db, [again], 0)).toEqual(new Set());
});
