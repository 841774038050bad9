import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { erasureConfirmed, sessionStatusChanged, subjectErased } from '@selfsame/contracts/catalog';
import {
  type ErasureConfirmed,
  SessionStatusChanged,
  SubjectErased,
} from '@selfsame/contracts/session/v1/events';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWorld, type World } from './harness.ts';

let world: World;
let confirmed: ErasureConfirmed[];
beforeAll(async () => {
  world = await openWorld();
  confirmed = [];
  await world.bus.listen(erasureConfirmed, ({ message }) => void confirmed.push(message));
});
afterAll(() => world?.close());

const erased = (message: Parameters<typeof SubjectErased.fromPartial>[0]) =>
  SubjectErased.fromPartial({
    applicationId: world.application.id,
    erasureId: randomUUID(),
    occurredAt: new Date(),
    ...message,
  });

/** Confirmations that were written down: published or not, one is one. */
async function written(erasureId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) FROM outbox WHERE id LIKE ${`${erasureId}%`}`.execute(world.context.database.db);
  return rows[0]?.count ?? 0;
}

it('an erasure is confirmed once however often it is told, with what has gone and what has not', async () => {
  const vendorData = `person-${randomUUID()}`;
  const sessionId = randomUUIDv7();
  await world.assess({ session: { vendorData, sessionId } });
  const lists = await world.call('GET', '/v3/lists/?list_type=blocklist&entry_type=user');
  const path = `/v3/lists/${lists.body.results[0].uuid}/entries/`;
  expect((await world.call('POST', path, { value: vendorData })).status).toBe(201);

  const message = erased({ vendorData, sessionIds: [sessionId, randomUUID()] });
  await world.bus.publish(subjectErased, randomUUIDv7(), message);
  const mine = () => confirmed.filter(({ erasureId }) => erasureId === message.erasureId);
  const [first] = await waitFor('the confirmation', () => mine().length > 0 && mine());
  expect(first).toMatchObject({
    applicationId: world.application.id,
    service: 'fraud-signals',
    kept: [{ kind: 'blocklist entries', count: 1n, reason: expect.any(String) }],
  });
  expect(first?.removed.find(({ kind }) => kind === 'assessments')?.count).toBe(1n);
  // Under another id: as after a crash of whoever tells it.
  await world.bus.publish(subjectErased, randomUUIDv7(), message);
  const other = erased({ vendorData: 'somebody-else' });
  await world.bus.publish(subjectErased, randomUUIDv7(), other);
  await waitFor('a later one', () => confirmed.some(({ erasureId }) => erasureId === other.erasureId));
  expect(await written(message.erasureId)).toBe(1);
  expect(
    JSON.stringify(first, (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
  ).not.toContain(vendorData);
  expect(world.logged()).not.toContain(vendorData);
});

it('an event of a deleted session that could not be handled goes with it', async () => {
  const sessionId = randomUUIDv7();
  const about = SessionStatusChanged.fromPartial({ sessionId, vendorData: 'a name' });
  const payload = Buffer.from(SessionStatusChanged.encode(about).finish());
  const { db } = world.context.database;
  await sql`
    INSERT INTO dead_letters (consumer, event_id, subject, payload, headers, reason, deliveries)
    VALUES ('test', ${sessionId}, ${sessionStatusChanged.subject}, ${payload}, '{}', 'test', 1)`.execute(db);
  await world.tellDeleted(sessionId);
  await waitFor('it is gone', async () => {
    const { rows } = await sql`SELECT FROM dead_letters WHERE event_id = ${sessionId}`.execute(db);
    return rows.length === 0;
  });
});

it('whoever comes under the name of an erased person is somebody new, and what comes late of the old brings nothing back', async () => {
  const vendorData = `person-${randomUUID()}`;
  const [old, young] = [randomUUIDv7(), randomUUIDv7()];
  const message = erased({ vendorData, sessionIds: [old], occurredAt: new Date(Date.now() - 1_000) });
  await world.assess({ session: { vendorData, sessionId: young } });
  // Told only now: the service was away.
  await world.bus.publish(subjectErased, randomUUIDv7(), message);
  await waitFor('it is confirmed', () => confirmed.some(({ erasureId }) => erasureId === message.erasureId));
  await world.assess({ session: { vendorData, sessionId: old } });
  await world.tell({ sessionId: old, vendorData, status: 'Approved' });
  await world.settled();
  const dump = await world.dump();
  expect(dump.get('assessments')).toContain(young);
  expect(dump.get('assessments')).not.toContain(old);
  expect(dump.get('known_devices')).not.toContain(old);
});
