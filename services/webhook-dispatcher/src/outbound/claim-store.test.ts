import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { createLog } from '@selfsame/runtime/log';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Attempt, Delivery, Destination } from '../domain/delivery.ts';
import { migrations } from '../migrations.ts';
import { insertDeliveries, type NewDelivery } from './acceptance-store.ts';
import { recordScheduled, type ScheduledAttempt } from './attempt-store.ts';
import { countDestinations, readBacklog } from './backlog-store.ts';
import { claimDue, claimFrom, listLimited, release, setAside } from './claim-store.ts';
import { insertDestination, switchOff } from './destination-store.ts';
import { lockHealth, saveHealth } from './health-store.ts';
import { requeueFailed } from './redrive-store.ts';
import type { Tables } from './tables.ts';
import { databaseTime } from './time.ts';

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
  await database.db.deleteFrom('destination_health').execute();
});

const terms = {
  ordered: false,
  retrySchedule: [1],
  ratePerSecond: null,
  maxInFlight: null,
  asymmetricSignature: false,
  sealedSecret: Buffer.alloc(1),
  sealedPreviousSecret: null,
  previousSecretEndsAt: null,
} satisfies Partial<Destination>;

async function addDestination(more: Partial<Destination> = {}): Promise<string> {
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
    disabledReason: null,
    ...terms,
    ...more,
  });
  return id;
}

function newDelivery(destinationId: string): NewDelivery {
  return {
    id: randomUUID(),
    eventId: randomUUID(),
    destinationId,
    applicationId,
    sessionId: randomUUID(),
    webhookType: 'status.updated',
    status: 'Approved',
    sequence: 1,
    url: '',
    callbackUrl: null,
    isCallback: false,
    body: '{"timestamp":1}',
    traceparent: null,
    createdAt: new Date(),
    frameAt: null,
    attempts: 0,
    claims: 0,
    state: 'pending',
    destination: terms,
  };
}

const times = { leaseMs: 0, lookMs: 0 };

async function addDeliveries(destinationId: string, count: number): Promise<void> {
  const deliveries = Array.from({ length: count }, () => newDelivery(destinationId));
  await insertDeliveries(database.db, deliveries, times);
}

const roomy = { room: 1_000, roomPerDestination: 1_000, busy: new Map<string, number>(), leaseMs: 60_000 };
const idsOf = (deliveries: readonly Delivery[]) => deliveries.map(({ id }) => id);

function attemptOf(delivery: Delivery): Attempt {
  return {
    id: randomUUID(),
    deliveryId: delivery.id,
    destinationId: delivery.destinationId,
    cause: 'schedule',
    number: 1,
    requestUrl: 'https://example.com/',
    requestHeader: '{}',
    signedAt: 1,
    responseStatus: 500,
    responseTimeMs: 1,
    error: null,
    responseBody: null,
    createdAt: new Date(),
  };
}

const claimReady = async (options: Partial<typeof roomy> = {}): Promise<Delivery[]> =>
  (await claimDue(database.db, { ...roomy, ...options })).ready;

function record(delivery: Delivery, decision: ScheduledAttempt['decision']): Promise<Set<string>> {
  return recordScheduled(database.db, [{ attempt: attemptOf(delivery), claims: delivery.claims, decision }]);
}

async function claimOne(leaseMs = 60_000): Promise<Delivery> {
  const [claimed] = await claimReady({ leaseMs });
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
      const batch = await claimReady({ room: 20 });
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
  const claimed = await claimReady({ roomPerDestination: 3 });
  expect(claimed.map(({ destinationId }) => destinationId).sort()).toEqual([long, long, long, short].sort());
});

test('a destination that is full here is left to others', async () => {
  const [full, busy] = [await addDestination(), await addDestination()];
  await addDeliveries(full, 5);
  await addDeliveries(busy, 5);
  const taken = new Map([
    [full, 3],
    [busy, 1],
  ]);
  const claimed = await claimReady({ busy: taken, roomPerDestination: 3 });
  expect(claimed.map(({ destinationId }) => destinationId)).toEqual([busy, busy]);
});

test('a claim that is never finished comes back when its lease ends, and only then', async () => {
  await addDeliveries(await addDestination(), 1);
  const first = await claimOne(300);
  expect(await claimReady()).toEqual([]);
  const [second] = await waitFor('the lease to end', async () => {
    const claimed = await claimReady();
    return claimed.length > 0 && claimed;
  });
  expect(second).toMatchObject({ id: first.id, claims: first.claims + 1 });
});

test('who lost the claim does not decide, but what was delivered stays delivered', async () => {
  await addDeliveries(await addDestination(), 1);
  const late = await claimOne(0);
  const owner = await claimOne();
  await record(late, { kind: 'failed' });
  expect(await stateOf(late)).toEqual({ state: 'pending', attempts: 0 });
  await record(late, { kind: 'delivered' });
  expect(await stateOf(late)).toEqual({ state: 'delivered', attempts: 1 });
  await record(owner, { kind: 'failed' });
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
  const delivery = newDelivery(await addDestination());
  const again = { ...delivery, id: randomUUID() };
  expect(await insertDeliveries(database.db, [delivery], times)).toEqual(new Set([delivery.id]));
  expect(await insertDeliveries(database.db, [again], times)).toEqual(new Set());
});

test('what happened to many deliveries is written at once, each with its own end', async () => {
  await addDeliveries(await addDestination(), 4);
  const claimed = await claimReady();
  const ends = ['delivered', 'failed', 'held'] as const;
  const scheduled = claimed.map((delivery, index): ScheduledAttempt => {
    const kind = ends[index];
    const decision = kind === undefined ? { kind: 'retry' as const, afterMs: 60_000 } : { kind };
    return { attempt: attemptOf(delivery), claims: delivery.claims, decision };
  });
  expect((await recordScheduled(database.db, scheduled)).size).toBe(4);
  const states = await Promise.all(claimed.map(stateOf));
  expect(states.map(({ state }) => state)).toEqual(['delivered', 'failed', 'held', 'pending']);
  expect(await claimReady()).toEqual([]);

  // A connection that broke after the commit: the same batch once more changes nothing.
  expect((await recordScheduled(database.db, scheduled)).size).toBe(0);
  expect((await Promise.all(claimed.map(stateOf))).every(({ attempts }) => attempts === 1)).toBe(true);
});

test('a destination whose circuit is open is passed over, and asked on its own when its time has come', async () => {
  const [ailing, sound] = [await addDestination(), await addDestination()];
  await addDeliveries(ailing, 5);
  await addDeliveries(sound, 5);
  const openUntil = (time: Date) =>
    database.transaction(async (tx) => {
      const locked = await lockHealth(tx, ailing);
      if (!locked) throw new Error('not locked');
      await saveHealth(tx, ailing, { ...locked.health, circuit: 'open', circuitUntil: time });
    });
  await openUntil(new Date(Date.now() + 60_000));
  expect((await claimReady()).every(({ destinationId }) => destinationId === sound)).toBe(true);
  expect(await listLimited(database.db, 10)).toEqual([]);

  await openUntil(new Date(Date.now() - 1_000));
  expect(await listLimited(database.db, 10)).toEqual([
    { id: ailing, ratePerSecond: null, maxInFlight: null },
  ]);
  expect((await claimFrom(database.db, ailing, { limit: 1, leaseMs: 60_000 })).ready).toHaveLength(1);
});

test('what is due and not begun is counted, apart from what its destination holds up', async () => {
  const [before, sound, ailing, slow] = [
    await countDestinations(database.db),
    await addDestination(),
    await addDestination(),
    await addDestination({ ratePerSecond: 2 }),
  ];
  expect((await readBacklog(database.db)).ready).toEqual({ count: 0, oldestSeconds: 0 });
  await addDeliveries(sound, 5);
  await addDeliveries(ailing, 3);
  await addDeliveries(slow, 2);
  await claimReady({ room: 1, busy: new Map([[ailing, 1_000]]) });
  await database.transaction(async (tx) => {
    const locked = await lockHealth(tx, ailing);
    if (!locked) throw new Error('not locked');
    await saveHealth(tx, ailing, { ...locked.health, circuit: 'open' });
  });
  await database.db
    .updateTable('deliveries')
    .set({ due_at: new Date(Date.now() - 60_000) })
    .where('destination_id', '=', sound)
    .execute();

  const { ready, limited } = await readBacklog(database.db);
  expect([ready.count, limited.count]).toEqual([4, 5]);
  expect(ready.oldestSeconds).toBeCloseTo(60, -1);
  const states = await countDestinations(database.db);
  expect(states.get('failing')).toBe(1);
  expect((states.get('healthy') ?? 0) - (before.get('healthy') ?? 0)).toBe(2);
});

test('a destination with a rate is claimed from by its rate only', async () => {
  const slow = await addDestination({ ratePerSecond: 2 });
  await addDeliveries(slow, 5);
  expect(await claimReady()).toEqual([]);
  expect(await listLimited(database.db, 10)).toEqual([{ id: slow, ratePerSecond: 2, maxInFlight: null }]);
});

test('a destination has no more under way than it wants', async () => {
  await addDeliveries(await addDestination({ maxInFlight: 2 }), 5);
  expect(await claimReady()).toHaveLength(2);
});

test('what is due at a destination that is off waits when the system switched it off, and ends otherwise', async () => {
  const [failing, off] = [
    await addDestination(),
    await addDestination({ enabled: false, disabledReason: 'owner' }),
  ];
  await addDeliveries(failing, 1);
  await addDeliveries(off, 1);
  await switchOff(database.db, failing, 'failing');
  const { ready, stranded } = await claimDue(database.db, roomy);
  expect(ready).toEqual([]);
  await setAside(database.db, stranded);
  const rows = await database.db.selectFrom('deliveries').select(['destination_id', 'state']).execute();
  expect(new Map(rows.map((row) => [row.destination_id, row.state]))).toEqual(
    new Map([
      [failing, 'held'],
      [off, 'cancelled'],
    ]),
  );
});

test('what has failed again since it was taken up is not taken up once more', async () => {
  const destinationId = await addDestination();
  const before = await databaseTime(database.db);
  await addDeliveries(destinationId, 1);
  await record(await claimOne(), { kind: 'failed' });
  const since = new Date(0);
  const takeUp = (startedAt: Date) =>
    requeueFailed(database.db, destinationId, { since, startedAt, limit: 10 });
  expect(await takeUp(before)).toBe(0);
  expect(await takeUp(new Date(Date.now() + 1_000))).toBe(1);
});
