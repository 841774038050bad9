import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { type EventType, streamName } from '@selfsame/contracts/catalog';
import type { Database } from '@selfsame/database/database';
import type { Log } from '@selfsame/runtime/log';
import { type BatchHandler, createBatcher } from './batch.ts';
import { ensureConsumer } from './consumer-config.ts';
import { exposeConsumer } from './consumer-pending.ts';
import { type Handler, handleDelivery } from './delivery.ts';
import { lastHandled, pruneInbox } from './inbox.ts';
import type { JetStream, StreamView } from './jetstream.ts';
import { rememberReaders } from './readers.ts';
import { runReplay } from './replay.ts';

export interface SubscribeOptions {
  /** Handlers at work at once in this replica; default 4. Each holds a database connection. In batches: events at once. */
  concurrency?: number;
  /** Deliveries before an event goes to `dead_letters`; default 30, about half an hour. */
  maxDeliver?: number;
}

export interface Subscription {
  stop(): Promise<void>;
}

/** A pull of this long; two missed heartbeats (half of it each) end it. */
const pullMs = 3_000;
const pruneEveryMs = 60_000;
const stopWithinMs = 5_000;
/** When all of so many latest events were erased, the stream is read again from the start, which only takes time. */
const lookBack = 50;

/**
 * Runs `handler` for every event of one kind, in a transaction with its inbox row, so that the effect happens once however
 * often the event is delivered. Replicas share one durable pull consumer.
 *
 * The consumer is made anew when it is gone (store deleted), and when it is ahead of its stream: a stream that lost its
 * end gives the lost numbers out again, and a consumer that has passed them would skip what is published there. The event
 * we handled last tells: it has to be in the stream where we saw it. A new consumer starts at the beginning of the stream;
 * the inbox skips what was handled.
 */
export async function startConsumer<Message>(options: {
  service: string;
  event: EventType<Message>;
  handler: { one: Handler<Message> } | { many: BatchHandler<Message> };
  database: Database;
  jetstream: JetStream;
  log: Log;
  /** How long events may come back, see `pruneInbox`. */
  keepMs: number;
  concurrency?: number;
  maxDeliver?: number;
}): Promise<Subscription> {
  const { service, event, database, jetstream, keepMs, concurrency = 4, maxDeliver = 30 } = options;
  const name = `${service}-${event.name.replaceAll('.', '-')}`;
  const log = options.log.child({ consumer: name });
  const { handler } = options;
  const context = {
    consumer: name,
    event,
    handler: 'one' in handler ? handler.one : alone(handler.many),
    database,
    log,
    maxDeliver,
    repeats: false,
  };
  const handle =
    'many' in handler
      ? createBatcher(context, handler.many)
      : (message: JsMsg, from: string) => handleDelivery(context, message, from);
  const atWork = new Set<Promise<void>>();
  const stopping = new AbortController();
  let pull: ConsumerMessages | undefined;
  /** Ends the wait for a free handler. */
  let wake = () => {};
  /** What we know of stream and consumer is void: we were disconnected. */
  let stale = false;
  /** A handler has failed. When that is because our database is down, its events shall not use up their deliveries. */
  let doubtful = false;
  let incarnation = '';
  let prunedAt = 0;

  async function prepare(): Promise<Consumer> {
    stale = false;
    const view = await jetstream.look();
    if (!(await isAsItWas(view))) {
      log.warn('the stream lost its end: reading it from the start');
      await jetstream.manager.consumers.delete(streamName, name).catch(() => {}); // gone is as good
    }
    await ensureConsumer(jetstream.manager, { name, subject: event.subject }, log);
    await rememberReaders(database, [name], view.incarnation);
    incarnation = view.incarnation;
    return jetstream.client.consumers.get(streamName, name);
  }

  /** The latest event that we handled and that nobody has erased since is where it was. */
  async function isAsItWas(view: StreamView): Promise<boolean> {
    const handled = await lastHandled(database, name, view.incarnation, lookBack);
    for (const { sequence, id } of handled) {
      const found = await jetstream.find(view, sequence, id);
      if (found !== 'erased') return found === 'there';
    }
    return handled.length === 0;
  }

  /** Pulls until something ends it; never more messages than handlers are free. */
  async function pullFrom(consumer: Consumer): Promise<void> {
    const ended = () => stopping.signal.aborted || stale;
    while (!ended()) {
      if (atWork.size >= concurrency) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      if (doubtful) {
        await database.ping();
        doubtful = false;
      }
      pull = await consumer.fetch({ max_messages: concurrency - atWork.size, expires: pullMs });
      if (ended()) pull.stop();
      for await (const message of pull) {
        const work = handle(message, incarnation).then((done) => {
          doubtful ||= !done;
          atWork.delete(work);
          wake();
        });
        atWork.add(work);
      }
      await prune();
    }
  }

  async function prune(): Promise<void> {
    if (prunedAt && performance.now() - prunedAt < pruneEveryMs) return;
    const { oldest } = await jetstream.look();
    while (!stopping.signal.aborted && (await pruneInbox(database, name, { keepMs, oldest })));
    prunedAt = performance.now();
  }

  async function run(first: Consumer): Promise<void> {
    let consumer: Consumer | undefined = first;
    let troubled = false;
    while (!stopping.signal.aborted) {
      try {
        consumer ??= await prepare();
        if (troubled) log.info('events arrive again');
        troubled = false;
        await pullFrom(consumer);
      } catch (err) {
        if (!troubled && !stopping.signal.aborted) log.warn({ err }, 'events do not arrive');
        troubled = true;
        await sleep(250, undefined, { signal: stopping.signal }).catch(() => {});
      }
      consumer = undefined;
    }
  }

  jetstream.onConnectionChange((connected) => {
    if (!connected) return;
    stale = true;
    pull?.stop();
  });
  const running = run(await prepare());
  const replaying = runReplay(context, stopping.signal);
  const hide = exposeConsumer(jetstream, name, event.name);

  return {
    async stop() {
      hide();
      stopping.abort();
      wake();
      pull?.stop();
      await running;
      await Promise.race([
        Promise.all([...atWork, replaying]),
        sleep(stopWithinMs, undefined, { ref: false }),
      ]);
    },
  };
}

function alone<Message>(many: BatchHandler<Message>): Handler<Message> {
  return (tx, event) => many(tx, [event]);
}
