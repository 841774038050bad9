import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AckPolicy,
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { SpanKind } from '@opentelemetry/api';
import { type EventType, streamName } from '@selfsame/contracts/catalog';
import type { Database, Transaction } from '@selfsame/database/database';
import { errorCode } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import { inSpan } from '@selfsame/runtime/telemetry';
import { readHeaders } from './envelope.ts';
import { buryEvent, claimEvent, lastHandled, pruneInbox } from './inbox.ts';
import type { JetStream } from './jetstream.ts';

/** One delivery of an event. */
export interface Delivered<Message> {
  id: string;
  message: Message;
  /** The stream has delivered it before; whether a handler saw it then is unknown. */
  redelivered: boolean;
  /** When its transaction enqueued it. */
  publishedAt: Date;
}

export interface SubscribeOptions {
  /** Handlers at work at once in this replica; default 4. Each holds a database connection. */
  concurrency?: number;
  /** Deliveries before an event goes to `dead_letters`; default 30, about half an hour. */
  maxDeliver?: number;
}

export interface Subscription {
  stop(): Promise<void>;
}

/** After this long without a word from us (a crash), another replica gets the event. */
const ackWaitMs = 10_000;
/** A pull of this long; two missed heartbeats (half of it each) end it. */
const pullMs = 3_000;
const pruneEveryMs = 60_000;
const delaysMs = [100, 500, 2_000, 5_000, 15_000, 30_000];
const lastDelayMs = 60_000;
const stopWithinMs = 5_000;

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
  handler: (tx: Transaction, event: Delivered<Message>) => Promise<void>;
  database: Database;
  jetstream: JetStream;
  log: Log;
  concurrency?: number;
  maxDeliver?: number;
}): Promise<Subscription> {
  const { service, event, handler, database, jetstream, concurrency = 4, maxDeliver = 30 } = options;
  const name = `${service}-${event.name.replaceAll('.', '-')}`;
  const log = options.log.child({ consumer: name });
  const atWork = new Set<Promise<void>>();
  const stopping = new AbortController();
  const stopped = once(stopping.signal, 'abort');
  let pull: ConsumerMessages | undefined;
  let stale = false;
  /** A handler has failed. When our database is down, its events shall not use up their deliveries. */
  let doubtful = false;
  let incarnation = '';
  let prunedAt = 0;

  async function prepare(): Promise<Consumer> {
    const view = await jetstream.look();
    const config = {
      durable_name: name,
      filter_subject: event.subject,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ackWaitMs),
      deliver_policy: DeliverPolicy.All,
      max_deliver: -1, // we count ourselves: the server would drop the event without a word
    };
    const last = await lastHandled(database, name, view.incarnation);
    if (last && !(await jetstream.holds(view, last.sequence, last.id))) {
      log.warn('the stream lost its end: reading it from the start');
      await jetstream.manager.consumers.delete(streamName, name).catch(() => {}); // gone is as good
    }
    await jetstream.manager.consumers.add(streamName, config);
    incarnation = view.incarnation;
    return jetstream.client.consumers.get(streamName, name);
  }

  /** Pulls until something ends it; at most as many messages as handlers are free. */
  async function pullFrom(consumer: Consumer): Promise<void> {
    stale = false;
    while (!stopping.signal.aborted && !stale) {
      if (atWork.size >= concurrency) {
        await Promise.race([...atWork, stopped]);
        continue;
      }
      if (doubtful) {
        await database.ping();
        doubtful = false;
      }
      pull = await consumer.fetch({ max_messages: concurrency - atWork.size, expires: pullMs });
      for await (const message of pull) {
        const work = deliver(message).finally(() => atWork.delete(work));
        atWork.add(work);
      }
      if (!prunedAt || performance.now() - prunedAt > pruneEveryMs) {
        while ((await pruneInbox(database, name)) && !stopping.signal.aborted);
        prunedAt = performance.now();
      }
    }
  }

  /** Never throws. */
  async function deliver(delivery: JsMsg): Promise<void> {
    const { id, publishedAt, publisher, headers } = readHeaders(delivery.headers);
    const { deliveryCount, streamSequence } = delivery.info;
    const eventId = id || `${incarnation}/${streamSequence}`;
    const place = { incarnation, sequence: streamSequence };
    const bury = async (reason: string, err?: unknown) => {
      log.error({ err, event_id: eventId, reason, deliveries: deliveryCount }, 'event goes to dead_letters');
      const { subject, data: payload } = delivery;
      await buryEvent(database, {
        consumer: name,
        eventId,
        subject,
        payload,
        headers,
        reason,
        deliveries: deliveryCount,
      });
      delivery.term();
    };
    const keepAlive = setInterval(() => delivery.working(), ackWaitMs / 3);
    try {
      // The process may have died of it before it could count.
      if (deliveryCount > maxDeliver) return await bury('deliveries_exhausted');
      let message: Message;
      try {
        message = event.codec.decode(delivery.data);
      } catch (error) {
        return await bury('undecodable', error);
      }
      const received = { id: eventId, message, redelivered: delivery.redelivered, publishedAt };
      await inSpan(
        `${event.subject} process`,
        {
          'messaging.system': 'nats',
          'messaging.operation.type': 'process',
          'messaging.destination.name': event.subject,
          'messaging.consumer.group.name': name,
          'messaging.message.id': eventId,
        },
        () =>
          database.transaction(async (tx) => {
            if (await claimEvent(tx, name, eventId, place)) await handler(tx, received);
          }),
        { kind: SpanKind.CONSUMER, parent: publisher },
      );
      delivery.ack();
    } catch (err) {
      doubtful = true;
      if (deliveryCount >= maxDeliver) {
        await bury(errorCode(err), err).catch(() => delivery.nak(lastDelayMs));
        return;
      }
      const delayMs = delaysMs[deliveryCount - 1] ?? lastDelayMs;
      log.warn({ err, event_id: eventId, deliveries: deliveryCount, delay_ms: delayMs }, 'event comes again');
      delivery.nak(delayMs);
    } finally {
      clearInterval(keepAlive);
    }
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

  // What we know of stream and consumer is void after a reconnect.
  jetstream.onConnectionChange((connected) => {
    if (!connected) return;
    stale = true;
    pull?.stop();
  });
  const running = run(await prepare());

  return {
    async stop() {
      stopping.abort();
      pull?.stop();
      await running;
      await Promise.race([Promise.all(atWork), sleep(stopWithinMs, undefined, { ref: false })]);
    },
  };
}
