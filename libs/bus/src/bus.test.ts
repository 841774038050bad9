import { connect } from '@nats-io/transport-node';
import { captureCompleted } from '@selfsame/contracts/catalog';
import type { Database, Transaction } from '@selfsame/database/database';
import { Failure } from '@selfsame/runtime/errors';
import { dependencyNames } from '@selfsame/runtime/readiness';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBus } from './bus.ts';
import { applyEffect, captured, log, openWorld, type Service } from './harness.ts';
import { claimEvent } from './inbox.ts';
import { insertEvent, pruneOutbox } from './outbox.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** Commits one event and returns its id. */
function send({ database, bus }: Service, text = '', id?: string): Promise<string> {
  return database.transaction((tx) => bus.enqueue(tx, captureCompleted, captured(text), id ? { id } : {}));
}

function effectOf(service: Service, id: string): Promise<number> {
  return waitFor(`effect of ${id}`, async () => {
    const found = (await service.effects()).find((effect) => effect.id === id);
    return found?.times;
  });
}

describe('an enqueued event', () => {
  test('is published by the commit, with its message', async () => {
    const { bus, ...sender } = await world.service('sender');
    const heard: unknown[] = [];
    await bus.listen(captureCompleted, (event) => heard.push(event));
    const before = Date.now();
    const id = await send({ bus, ...sender }, 'first');
    await waitFor('the event', () => heard.length === 1);
    expect(heard).toMatchObject([{ id, message: { sessionId: 'first' }, redelivered: false }]);
    const [{ publishedAt }] = heard as [{ publishedAt: Date }];
    expect(publishedAt.getTime()).toBeGreaterThanOrEqual(before);
  });

  test('is not published by a rollback', async () => {
    const sender = await world.service('sender');
    const heard: string[] = [];
    await sender.bus.listen(captureCompleted, (event) => heard.push(event.message.sessionId));
    const failing = sender.database.transaction(async (tx) => {
      await sender.bus.enqueue(tx, captureCompleted, captured('taken back'));
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    await send(sender, 'kept');
    await waitFor('the event that was kept', () => heard.includes('kept'));
    expect(heard).toEqual(['kept']);
  });

  test('is one event, however often its id is enqueued', async () => {
    const sender = await world.service('sender');
    const heard: string[] = [];
    await sender.bus.listen(captureCompleted, (event) => heard.push(event.message.sessionId));
    const id = crypto.randomUUID();
    expect(await send(sender, 'once', id)).toBe(id);
    expect(await send(sender, 'twice', id)).toBe(id);
    await send(sender, 'last');
    await waitFor('the last event', () => heard.includes('last'));
    expect(heard).toEqual(['once', 'last']);
  });

  test('is refused when it could never be published', async () => {
    const { database, bus } = await world.service('sender');
    const huge = captured('x'.repeat(200_000));
    const enqueuing = database.transaction((tx) => bus.enqueue(tx, captureCompleted, huge));
    await expect(enqueuing).rejects.toThrow('at most');
    await expect(bus.publish(captureCompleted, 'huge', huge)).rejects.toThrow('at most');
  });

  test('is published by the sweep when the process died between commit and publish', async () => {
    const { database, bus } = await world.service('sender');
    const heard: string[] = [];
    await bus.listen(captureCompleted, (event) => heard.push(event.id));
    const payload = Buffer.from(captureCompleted.codec.encode(captured('orphan')).finish());
    const id = crypto.randomUUID();
    await database.db
      .transaction()
      .execute((tx) =>
        insertEvent(tx as Transaction, { id, subject: captureCompleted.subject, payload, headers: {} }),
      );
    await waitFor('the orphan', () => heard.includes(id));
    await waitFor('its acknowledgement', async () => {
      const row = await database.db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirst();
      return row?.stream_sequence !== null;
    });
  });

  test('waits in the outbox while NATS hangs, and is handled when it is back', async () => {
    const sender = await world.service('sender');
    const receiver = await world.service('patient');
    await receiver.bus.subscribe(captureCompleted, applyEffect);
    await world.nats.pause();
    const ids = [await send(sender), await send(sender)];
    world.nats.resume();
    for (const id of ids) expect(await effectOf(receiver, id)).toBe(1);
  });

  test('leaves the outbox after its retention, unless no stream ever had it', async () => {
    const { database, bus } = await world.service('old');
    await bus.close();
    const incarnation = new Date().toISOString();
    const row = { subject: 'selfsame.x', payload: Buffer.of(1), headers: '{}' };
    const old = { ...row, created_at: new Date(Date.now() - 8 * 24 * 60 * 60 * 1000) };
    const acknowledged = { incarnation, stream_sequence: 1 };
    await database.db
      .insertInto('outbox')
      .values([
        { ...old, id: 'old', ...acknowledged },
        { ...old, id: 'old and waiting', incarnation: null, stream_sequence: null },
        { ...row, id: 'young', ...acknowledged },
      ])
      .execute();
    await pruneOutbox(database as Database, incarnation, 7 * 24 * 60 * 60 * 1000);
    const left = await database.db.selectFrom('outbox').select('id').orderBy('id').execute();
    expect(left.map(({ id }) => id)).toEqual(['old and waiting', 'young']);
  });
});

describe('a subscription', () => {
  test('handles every event once, shared between replicas', async () => {
    const sender = await world.service('sender');
    const replicas = [await world.service('shared'), await world.service('shared')];
    const handledBy = new Map<string, number[]>();
    for (const [index, replica] of replicas.entries()) {
      await replica.bus.subscribe(captureCompleted, async (tx, event) => {
        handledBy.set(event.id, [...(handledBy.get(event.id) ?? []), index]);
        await applyEffect(tx, event);
      });
    }
    const ids = await Promise.all(Array.from({ length: 60 }, () => send(sender)));
    for (const id of ids) await effectOf(replicas[0] as Service, id);
    const mine = ids.map((id) => handledBy.get(id));
    expect(mine.every((by) => by?.length === 1)).toBe(true);
    expect(new Set(mine.flat())).toEqual(new Set([0, 1]));
  });

  test('gives a failed event again, and the effect of the failure is taken back', async () => {
    const sender = await world.service('sender');
    const receiver = await world.service('failing');
    const deliveries: boolean[] = [];
    await receiver.bus.subscribe(captureCompleted, async (tx, event) => {
      if (event.message.sessionId !== 'third time lucky') return;
      await applyEffect(tx, event);
      deliveries.push(event.redelivered);
      if (deliveries.length < 3) throw new Failure('unavailable', 'neighbour_down', 'not now');
    });
    const id = await send(sender, 'third time lucky');
    expect(await effectOf(receiver, id)).toBe(1);
    expect(deliveries).toEqual([false, true, true]);
  });

  test('puts aside what fails for good or cannot be decoded, and goes on', async () => {
    const sender = await world.service('sender');
    const receiver = await world.service('careful');
    const poison = crypto.randomUUID();
    await receiver.bus.subscribe(
      captureCompleted,
      async (tx, event) => {
        if (event.id === poison) throw new Failure('internal', 'always_wrong', 'no');
        await applyEffect(tx, event);
      },
      { maxDeliver: 2 },
    );
    const garbage = Buffer.from([0xff, 0xff, 0xff]);
    const raw = await connect({ servers: world.nats.url });
    await raw.request(captureCompleted.subject, garbage);
    await raw.close();
    await send(sender, 'poison', poison);
    const id = await send(sender, 'fine');
    expect(await effectOf(receiver, id)).toBe(1);
    const letters = await waitFor('two dead letters', async () => {
      const rows = await receiver.database.db.selectFrom('dead_letters').selectAll().execute();
      return rows.length === 2 && rows;
    });
    expect(letters).toContainEqual(
      expect.objectContaining({ event_id: poison, reason: 'always_wrong', deliveries: 2 }),
    );
    expect(letters).toContainEqual(
      expect.objectContaining({ reason: 'undecodable', payload: garbage, subject: captureCompleted.subject }),
    );
  });

  test('is one per event and service', async () => {
    const receiver = await world.service('twofold');
    await receiver.bus.subscribe(captureCompleted, applyEffect);
    await expect(receiver.bus.subscribe(captureCompleted, applyEffect)).rejects.toThrow('subscribed already');
  });

  test('that starts over, because its consumer is gone, repeats no effect', async () => {
    const sender = await world.service('sender');
    const receiver = await world.service('forgotten');
    await receiver.bus.subscribe(captureCompleted, applyEffect);
    const before = await send(sender);
    expect(await effectOf(receiver, before)).toBe(1);
    const raw = await connect({ servers: world.nats.url });
    const answer = await raw.request('$JS.API.CONSUMER.DELETE.SELFSAME.forgotten-capture-completed');
    expect(answer.json()).toMatchObject({ success: true });
    await raw.close();
    const after = await send(sender);
    expect(await effectOf(receiver, after)).toBe(1);
    await waitFor('everything again', async () => {
      const { pending, unacknowledged } = await consumerState(world.nats.url, 'forgotten-capture-completed');
      return pending === 0 && unacknowledged === 0;
    });
    expect((await receiver.effects()).every(({ times }) => times === 1)).toBe(true);
  });

  test('lets one of two deliveries at the same time win', async () => {
    const { database } = await world.service('racing');
    const place = { incarnation: new Date().toISOString(), sequence: 1 };
    const first = Promise.withResolvers<void>();
    const claimed = Promise.withResolvers<void>();
    const winner = database.transaction(async (tx) => {
      const won = await claimEvent(tx as Transaction, 'racing', 'event', place);
      claimed.resolve();
      await first.promise;
      return won;
    });
    await claimed.promise;
    const loser = database.transaction((tx) => claimEvent(tx as Transaction, 'racing', 'event', place));
    await waitFor('the second waits for the first', async () => {
      const { rows } = await sql`SELECT 1 FROM pg_locks WHERE NOT granted`.execute(database.db);
      return rows.length > 0;
    });
    first.resolve();
    expect(await Promise.all([winner, loser])).toEqual([true, false]);
  });
});

describe('listening', () => {
  test('reaches every replica', async () => {
    const sender = await world.service('sender');
    const replicas = [await world.service('page'), await world.service('page')];
    const heard: string[][] = [[], []];
    for (const [index, { bus }] of replicas.entries()) {
      await bus.listen(captureCompleted, (event) => heard[index]?.push(event.id));
    }
    const id = await send(sender);
    await waitFor('both', () => heard.every((ids) => ids.includes(id)));
  });

  test('survives a handler that throws and a message that cannot be decoded', async () => {
    const sender = await world.service('sender');
    const heard: string[] = [];
    await sender.bus.listen(captureCompleted, (event) => {
      if (event.message.sessionId === 'bad') throw new Error('cannot');
      heard.push(event.id);
    });
    await send(sender, 'bad');
    const id = await send(sender, 'good');
    await waitFor('the good one', () => heard.includes(id));
  });
});

describe('a service without a database', () => {
  test('publishes with an acknowledgement, an id is one event', async () => {
    const receiver = await world.service('pure-receiver');
    await receiver.bus.subscribe(captureCompleted, applyEffect);
    const bus = await openBus({ service: 'pure', url: world.nats.url, log });
    const id = crypto.randomUUID();
    await bus.publish(captureCompleted, id, captured('x'));
    await bus.publish(captureCompleted, id, captured('x'));
    await bus.ping();
    // It answers for itself while the stream is away: nobody's readiness depends on that.
    expect(dependencyNames()).not.toContain('stream');
    expect(await effectOf(receiver, id)).toBe(1);
    await expect(bus.subscribe(captureCompleted, async () => {})).rejects.toThrow('use listen');
    await bus.close();
  });
});

describe('closing', () => {
  test('waits for the handler at work and for the last publish', async () => {
    const sender = await world.service('sender');
    const receiver = await world.service('closing');
    const begun = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const id = crypto.randomUUID();
    await receiver.bus.subscribe(captureCompleted, async (tx, event) => {
      if (event.id !== id) return;
      begun.resolve();
      await mayEnd.promise;
      await applyEffect(tx, event);
      await receiver.bus.enqueue(tx, captureCompleted, captured('said while closing'));
    });
    const heard: string[] = [];
    await sender.bus.listen(captureCompleted, (event) => heard.push(event.message.sessionId));
    await send(sender, '', id);
    await begun.promise;
    const closed = receiver.bus.close();
    mayEnd.resolve();
    await closed;
    expect(await receiver.effects()).toContainEqual({ id, times: 1 });
    const { rows } = await sql`SELECT 1 FROM outbox WHERE incarnation IS NULL`.execute(receiver.database.db);
    expect(rows).toEqual([]);
    await waitFor('the last word', () => heard.includes('said while closing'));
    await receiver.database.close();
  });
});

async function consumerState(
  url: string,
  name: string,
): Promise<{ pending: number; unacknowledged: number }> {
  const connection = await connect({ servers: url });
  try {
    const info = (await connection.request(`$JS.API.CONSUMER.INFO.SELFSAME.${name}`)).json<{
      num_pending: number;
      num_ack_pending: number;
    }>();
    return { pending: info.num_pending, unacknowledged: info.num_ack_pending };
  } finally {
    await connection.close();
  }
}
