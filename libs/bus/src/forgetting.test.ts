import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { captureCompleted, sessionDeleted, sessionStatusChanged } from '@selfsame/contracts/catalog';
import { SessionDeleted, SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import type { Database, Transaction } from '@selfsame/database/database';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openBus } from './bus.ts';
import { buryEvent } from './dead-letters.ts';
import { enqueueDeferred } from './deferred.ts';
import { encodeMessage } from './envelope.ts';
import { applyEffect, captured, log, observedLog, openWorld, type Service } from './harness.ts';
import type { BusTables } from './tables.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
let service: Service;
beforeAll(async () => {
  world = await openWorld();
  service = await world.service('keeper');
});
afterAll(() => world.close());

let session: string;
let other: string;
beforeEach(() => {
  [session, other] = [randomUUID(), randomUUID()];
});

const told = (sessionId: string) =>
  SessionStatusChanged.fromPartial({ sessionId, vendorData: `name of ${sessionId}` });
const tell = (sessionId: string) =>
  service.database.transaction((tx) => service.bus.enqueue(tx, sessionStatusChanged, told(sessionId)));
const forget = (about: string[]) => service.database.transaction((tx) => service.bus.forget(tx, about));
const rows = async () => {
  const { rows: found } = await sql<{
    about: string;
  }>`SELECT about FROM outbox WHERE about IS NOT NULL`.execute(service.database.db);
  return found.map(({ about }) => about);
};

/** Every message that is in the stream, as text. */
async function inStream(): Promise<string> {
  const raw = await connect({ servers: world.nats.url });
  try {
    const texts: string[] = [];
    for (let seq = 1; ; seq += 1) {
      const query = JSON.stringify({ seq, next_by_subj: '>' });
      const { message } = (await raw.request('$JS.API.STREAM.MSG.GET.SELFSAME', query)).json<{
        message?: { seq: number; data?: string };
      }>();
      if (message === undefined) return texts.join('\n');
      texts.push(Buffer.from(message.data ?? '', 'base64').toString('latin1'));
      seq = message.seq;
    }
  } finally {
    await raw.close();
  }
}

test('what tells about a person goes from outbox and dead letters, and nothing else does', async () => {
  await tell(session);
  await tell(other);
  await service.database.transaction((tx) =>
    service.bus.enqueue(tx, sessionDeleted, SessionDeleted.fromPartial({ sessionId: session })),
  );
  for (const sessionId of [session, other]) {
    await buryEvent(service.database as unknown as Database<BusTables>, 'reader', {
      eventId: sessionId,
      subject: sessionStatusChanged.subject,
      payload: encodeMessage(sessionStatusChanged, told(sessionId)),
      headers: {},
      reason: 'test',
      deliveries: 1,
    });
  }
  expect(await forget([session])).toEqual({ events: 1, deadLetters: 1 });
  expect(await rows()).toContain(other);
  expect(await rows()).not.toContain(session);
  const letters = await service.database.db.selectFrom('dead_letters').select('event_id').execute();
  expect(letters).toEqual([{ event_id: other }]);
  expect(await forget([session])).toEqual({ events: 0, deadLetters: 0 });
  const left = await service.database.db
    .selectFrom('outbox')
    .select('id')
    .where('subject', '=', sessionDeleted.subject)
    .execute();
  expect(left).toHaveLength(1);
});

test('a rollback forgets nothing, and what was never published never is', async () => {
  const listener = await world.service('listener');
  const heard: string[] = [];
  await listener.bus.listen(sessionStatusChanged, ({ message }) => void heard.push(message.sessionId));
  await service.database.transaction(async (tx) => {
    await enqueueDeferred(tx as unknown as Transaction, sessionStatusChanged, told(session));
  });
  await forget([session]);
  await tell(other);
  const undone = service.database.transaction(async (tx) => {
    await service.bus.forget(tx, [other]);
    throw new Error('changed my mind');
  });
  await expect(undone).rejects.toThrow('changed my mind');
  expect(await rows()).toContain(other);
  await waitFor('what stays', () => heard.includes(other));
  expect(heard).not.toContain(session);
});

test('the stream holds nothing of them afterwards, from whomever it came, and neither does its file', async () => {
  const capture = await openBus({ service: 'capture', url: world.nats.url, log });
  await tell(session);
  await tell(other);
  await capture.publish(captureCompleted, `${session}/1`, captured(session));
  // Published twice, as after a crash: no row remembers the first.
  await capture.publish(sessionStatusChanged, randomUUID(), told(session));
  await waitFor('all are there', async () => (await inStream()).split(session).length > 5);
  await forget([session]);
  expect(await service.bus.erase([session, randomUUID()])).toBe(3);
  const stream = await inStream();
  expect(stream).toContain(`name of ${other}`);
  expect(stream).not.toContain(session);
  expect(await service.bus.erase([session])).toBe(0);
  // Written by the server when it likes: it is stopped, and its files read.
  await world.nats.restart();
  const files = await Promise.all(
    (await readdir(world.nats.storeDirectory, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')),
  );
  const text = files.join('\n');
  expect(text).toContain(`name of ${other}`);
  expect(text).not.toContain(`name of ${session}`);
  await capture.close();
}, 60_000);

test('a consumer goes on behind what was erased, and takes it for no loss', async () => {
  const { log: seen, lines } = observedLog('warn');
  const first = await world.service('reader', { log: seen });
  await first.bus.subscribe(sessionStatusChanged, applyEffect);
  const handled = async (id: string) =>
    waitFor('it is handled', async () => (await first.effects()).some((effect) => effect.id === id));
  await handled(await tell(other));
  await handled(await tell(session));
  await forget([session]);
  await service.bus.erase([session]);
  await first.close();
  const again = await world.service('reader', { log: seen });
  await again.bus.subscribe(sessionStatusChanged, applyEffect);
  const next = await tell(other);
  await waitFor('the next one', async () => (await again.effects()).some(({ id }) => id === next));
  expect((await again.effects()).every(({ times }) => times === 1)).toBe(true);
  expect(lines.filter(({ msg }) => String(msg).includes('lost its end'))).toEqual([]);
});

test('an event can be erased by whoever it is delivered to', async () => {
  const reader = await world.service('eraser');
  await reader.bus.subscribe(captureCompleted, async (tx, event) => {
    await applyEffect(tx, event);
    reader.database.onCommit(tx, () => void reader.bus.eraseDelivered(event));
  });
  const capture = await openBus({ service: 'capture', url: world.nats.url, log });
  await capture.publish(captureCompleted, `${session}/2`, captured(session));
  await waitFor('it was handled', async () =>
    (await reader.effects()).some(({ id }) => id === `${session}/2`),
  );
  await waitFor('it is gone', async () => !(await inStream()).includes(session));
  await capture.close();
});
