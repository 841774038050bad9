import { parseArgs } from 'node:util';
import { openBus } from '@selfsame/bus/bus';
import { busMigrations } from '@selfsame/bus/migrations';
import { captureCompleted } from '@selfsame/contracts/catalog';
import { openDatabase, type Transaction } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { createLog } from '@selfsame/runtime/log';
import { testNats } from '@selfsame/testing/nats';
import { startPostgresServer } from '@selfsame/testing/postgres-server';
import {
  type Consumption,
  consumeBare,
  type Delivery,
  makeAnew,
  openReader,
  settled,
} from './inbox/reader.ts';

/**
 * `pnpm bench:inbox`: events that are delivered a million times have their effect once each, and what the inbox costs.
 * A durable consumer of a real subscription is deleted again and again, so that it reads the whole stream anew, on a
 * PostgreSQL that writes through to its disk. Beside it, with the same pull and the same handlers at once: the handler's
 * transaction without an inbox row, with the row, and the row alone of an event that has been handled.
 */
const { values } = parseArgs({
  options: {
    deliveries: { type: 'string', default: '1000000' },
    events: { type: 'string' },
    concurrency: { type: 'string', default: '8' },
  },
});
const deliveries = Number(values.deliveries);
/** Each comes back some twenty times. */
const events = Number(values.events ?? Math.max(100, Math.min(50_000, Math.floor(deliveries / 20))));
const concurrency = Number(values.concurrency);
/** For the comparison: a part of the events, several times in turn, so that what else the machine does hits all alike. */
const part = Math.min(events, 5_000);
const rounds = 4;
const service = 'bench';
const subscription = { consumer: 'bench-capture-completed', expected: events };

interface Tables {
  effects: { id: string; times: number };
  inbox: { consumer: string; event_id: string; incarnation: string; stream_sequence: number };
}
const migrations = [
  ...busMigrations,
  { name: '0001-effects', up: 'CREATE TABLE effects (id text PRIMARY KEY, times integer NOT NULL)' },
];

const log = createLog(service, 'error');
const [postgres, nats] = await Promise.all([startPostgresServer({ durable: true }), testNats()]);
await migrate({ service, url: postgres.url, migrations, log });
const database = await openDatabase<Tables>({
  service,
  url: postgres.url,
  migrations,
  maxConnections: 2 * concurrency,
});
const bus = await openBus<Tables>({ service, url: nats.url, log, database });
const reader = await openReader(nats.url);
try {
  console.log(`publishing ${events} events`);
  await publishAll();

  console.log('first deliveries, without and with an inbox row, in turn');
  const bareFirst = nothing();
  const claimedFirst = nothing();
  const claimedAgain = nothing();
  const lookedUpAgain = nothing();
  for (let round = 0; round <= rounds; round += 1) {
    const name = `claimed-${round}`;
    const bare = await read('bare', ({ id }) =>
      database.transaction((tx) => effect(tx, `bare-${round} ${id}`)),
    );
    const claimed = (delivery: Delivery) =>
      database.transaction(async (tx) => {
        if (await claim(tx, name, delivery)) await effect(tx, `${name} ${delivery.id}`);
      });
    const first = await read(name, claimed);
    const again = await read(name, claimed);
    const lookedUp = await read(name, async ({ id }) => {
      if (!(await wasClaimed(name, id))) throw new Error(`${id} was not claimed`);
    });
    if (round === 0) continue; // warming up
    add(bareFirst, bare);
    add(claimedFirst, first);
    add(claimedAgain, again);
    add(lookedUpAgain, lookedUp);
  }

  console.log('first deliveries to the subscription');
  const first = await settled(reader, subscription, () =>
    bus.subscribe(captureCompleted, (tx, { id }) => effect(tx, id), { concurrency }),
  );

  console.log(`at least ${deliveries} deliveries more`);
  const again = nothing();
  for (let round = 1; again.deliveries < deliveries; round += 1) {
    add(again, await settled(reader, subscription, () => makeAnew(reader, subscription.consumer)));
    if (round % 5 === 0) console.log(`  ${again.deliveries}`);
  }
  await report({ bareFirst, claimedFirst, claimedAgain, lookedUpAgain, first, again });
} finally {
  await reader.close();
  await bus.close();
  await database.close();
  await nats.stop();
  await postgres.stop();
}

function read(consumer: string, handle: (delivery: Delivery) => Promise<void>): Promise<Consumption> {
  return consumeBare(reader, { consumer, concurrency, expected: part }, handle);
}

function nothing(): Consumption {
  return { deliveries: 0, wallMs: 0, cpuMs: 0 };
}

function add(sum: Consumption, { deliveries: count, wallMs, cpuMs }: Consumption): void {
  sum.deliveries += count;
  sum.wallMs += wallMs;
  sum.cpuMs += cpuMs;
}

/** Several at once, each acknowledged. */
async function publishAll(): Promise<void> {
  const ids = Array.from({ length: events }, () => crypto.randomUUID());
  const message = captureCompleted.codec.fromPartial({});
  const publisher = async () => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop())
      await bus.publish(captureCompleted, id, message);
  };
  await Promise.all(Array.from({ length: 64 }, publisher));
}

/** What a handler does: a row whose number tells how often it was done. */
async function effect(tx: Transaction<Tables>, id: string): Promise<void> {
  await tx
    .insertInto('effects')
    .values({ id, times: 1 })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((row) => ({ times: row('effects.times', '+', 1) })),
    )
    .execute();
}

/** The inbox row, as the bus writes it. */
async function claim(tx: Transaction<Tables>, consumer: string, delivery: Delivery): Promise<boolean> {
  const { id: event_id, incarnation, sequence: stream_sequence } = delivery;
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('inbox')
    .values({ consumer, event_id, incarnation, stream_sequence })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** How the bus recognises what was handled, where it expects that. */
async function wasClaimed(consumer: string, id: string): Promise<boolean> {
  const { db } = database;
  const rows = db
    .selectFrom('inbox')
    .select('event_id')
    .where('consumer', '=', consumer)
    .where('event_id', '=', id);
  return (await rows.executeTakeFirst()) !== undefined;
}

async function report(
  runs: Record<
    'bareFirst' | 'claimedFirst' | 'claimedAgain' | 'lookedUpAgain' | 'first' | 'again',
    Consumption
  >,
) {
  const { bareFirst, claimedFirst, claimedAgain, lookedUpAgain, first, again } = runs;
  const told = await database.db
    .selectFrom('effects')
    .select(({ fn }) => [fn.countAll<number>().as('effects')])
    .where('id', 'not like', '% %')
    .executeTakeFirstOrThrow();
  const repeated = await database.db
    .selectFrom('effects')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('times', '>', 1)
    .executeTakeFirstOrThrow();
  const row = (what: string, { deliveries: count, wallMs, cpuMs }: Consumption) => ({
    what,
    deliveries: count,
    '/s': Math.round((1_000 * count) / wallMs),
    'ms each': (wallMs / count).toFixed(3),
    'CPU ms each': (cpuMs / count).toFixed(3),
  });
  console.log(`\n${concurrency} handlers at once; ms each = time / deliveries; CPU of this process alone`);
  console.table([
    row('first, no inbox row', bareFirst),
    row('first, inbox row', claimedFirst),
    row('first, subscription', first),
    row('again, claimed in a transaction', claimedAgain),
    row('again, looked up by one statement', lookedUpAgain),
    row('again, subscription', again),
  ]);
  console.table([
    {
      deliveries: first.deliveries + again.deliveries,
      'distinct events': events,
      effects: told.effects,
      'repeated effects': repeated.count,
      verdict: told.effects === events && repeated.count === 0 ? 'every effect once' : 'FAILED',
    },
  ]);
  if (told.effects !== events || repeated.count !== 0) process.exitCode = 1;
}
