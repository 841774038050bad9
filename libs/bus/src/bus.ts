import { randomUUIDv7 } from 'node:crypto';
import { context, type Span, SpanKind, trace } from '@opentelemetry/api';
import type { EventType } from '@selfsame/contracts/catalog';
import type { AnyTables, Database, Transaction } from '@selfsame/database/database';
import { Failure } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import { inSpan } from '@selfsame/runtime/telemetry';
import type { BatchHandler } from './batch.ts';
import { type SubscribeOptions, type Subscription, startConsumer } from './consumer.ts';
import { watchDeadLetters } from './dead-letters.ts';
import type { Delivered, Handler } from './delivery.ts';
import { encodeMessage, readHeaders, recordOf, writeHeaders } from './envelope.ts';
import { eraseMessage, eraseMessages, forgetRows } from './forgetting.ts';
import { type JetStream, openJetStream } from './jetstream.ts';
import { shareKeptTraces } from './kept-traces.ts';
import { exposeTables } from './metrics.ts';
import { insertEvent } from './outbox.ts';
import { startRelay } from './relay.ts';
import { keepMs, type StreamSettings } from './settings.ts';

export type { Delivered, SubscribeOptions };

/** The events of one service: what it tells and what it hears. */
export interface Bus<Tables = AnyTables> {
  /**
   * Writes the event into the outbox of this transaction and publishes it right after the commit; a rollback takes it back.
   * An id that was enqueued before is the same event, and nothing happens.
   * @returns the event id, a UUIDv7 unless given
   */
  enqueue<Message>(
    tx: Transaction<Tables>,
    event: EventType<Message>,
    message: Message,
    options?: { id?: string },
  ): Promise<string>;
  /**
   * Durable and idempotent: `handler` runs in a transaction together with the inbox row, and its effect happens once. An
   * event whose handler throws comes again with rising delay, in no particular order; one that cannot be decoded or fails
   * too often goes to table `dead_letters` and is logged as an error. A subscription that is new to the stream starts with
   * the oldest event there.
   */
  subscribe<Message>(
    event: EventType<Message>,
    handler: (tx: Transaction<Tables>, event: Delivered<Message>) => Promise<void>,
    options?: SubscribeOptions,
  ): Promise<void>;
  /**
   * The same for events that come in great numbers: those that arrive while a batch is at work are handled together, in one
   * transaction. A batch that fails is handled event by event. `options.concurrency` bounds the events at once.
   */
  subscribeInBatches<Message>(
    event: EventType<Message>,
    handler: (tx: Transaction<Tables>, events: readonly Delivered<Message>[]) => Promise<void>,
    options?: SubscribeOptions,
  ): Promise<void>;
  /**
   * Best effort: every replica gets every event that is published while it is connected, some of them twice. `handler`
   * runs in the trace of the publisher and must not throw.
   */
  listen<Message>(event: EventType<Message>, handler: (event: Delivered<Message>) => void): Promise<void>;
  /**
   * For services without a database: publishes and waits until the stream has it. The same
   * id within the stream's duplicate window is the same event.
   * @throws Failure `bus_unavailable` after six seconds at most; the event may have been stored nevertheless
   */
  publish<Message>(event: EventType<Message>, id: string, message: Message): Promise<void>;
  /**
   * Lets go, in this transaction, of what the service's own outbox and dead letters tell about people: events that are about
   * one of these (see `EventType.about`: ids of sessions, mostly), published or not. Their copies in the stream are not
   * touched; the service that owns the erasure has `erase` for them.
   * @returns how many
   */
  forget(tx: Transaction<Tables>, about: readonly string[]): Promise<{ events: number; deadLetters: number }>;
  /**
   * Overwrites, in the stream, every event that is about one of these, whoever published it and whether or not anybody
   * remembers it. To be called when all who need to have read what is to go; reads every event there is that tells about
   * people, so that many ids cost no more than one.
   * @returns how many
   * @throws when NATS is away: to be tried again
   */
  erase(about: readonly string[]): Promise<number>;
  /** The same for one event, as it was delivered. It is gone, or NATS was away, which is logged. */
  eraseDelivered(event: Pick<Delivered<unknown>, 'id' | 'sequence'>): Promise<void>;
  /** Throws when the stream does not answer within two seconds. */
  ping(): Promise<void>;
  /** Stops intake, waits for handlers at work (5 s) and for publishes on their way, then disconnects. */
  close(): Promise<void>;
}

/**
 * Connects to NATS, makes the stream when it is missing and mends it when it is configured otherwise.
 *
 * @param options.database whose migrations include `busMigrations`; a service that owns nothing on disk leaves it out, and
 *   can publish and listen only
 * @param options.stream what the environment says of the stream, see `busSettings`
 * @throws Failure `bus_unreachable`, `bus_refused`, `bus_misconfigured`, `stream_misconfigured`
 */
export async function openBus<Tables = AnyTables>(options: {
  service: string;
  url: string;
  log: Log;
  database?: Database<Tables>;
  stream?: StreamSettings;
}): Promise<Bus<Tables>> {
  const { service, url, log, stream = {} } = options;
  const database: Database | undefined = options.database;
  const jetstream = await openJetStream(service, url, log, stream);
  const parts = { service, jetstream, log, keepMs: keepMs(stream) };
  const relay = database && (await startRelay({ ...parts, database }).catch(disconnecting(jetstream)));
  const unwatch = database && watchDeadLetters({ service, database, log });
  const hide = database && exposeTables(database);
  // Nobody's readiness depends on the stream. While it is away events wait in outboxes, and who has none (capture) answers
  // for itself: a page in clear words is more than what a gateway says about nobody.
  const leaveTraces = shareKeptTraces(jetstream.connection);
  const closing = new AbortController();
  const subscriptions = new Map<string, Promise<Subscription>>();

  async function subscribe<Message>(
    event: EventType<Message>,
    handler: { one: Handler<Message> } | { many: BatchHandler<Message> },
    subscribeOptions: SubscribeOptions = {},
  ): Promise<void> {
    if (!database) throw new Error(`subscribe ${event.name}: this bus has no database; use listen`);
    // Two handlers on one durable consumer would get half of the events each.
    if (subscriptions.has(event.name)) throw new Error(`subscribe ${event.name}: subscribed already`);
    const subscription = startConsumer({ ...parts, event, handler, database, ...subscribeOptions });
    subscriptions.set(event.name, subscription);
    await subscription;
  }

  return {
    async enqueue(tx, event, message, { id = randomUUIDv7() } = {}) {
      if (!database || !relay)
        throw new Error(`enqueue ${event.name}: this bus has no database; use publish`);
      const span = startPublisherSpan(event.subject, id);
      const row = {
        id,
        subject: event.subject,
        payload: encodeMessage(event, message),
        headers: writeHeaders(trace.setSpan(context.active(), span)),
      };
      const stored = await insertEvent(tx as Transaction, row, event.about?.(message));
      if (stored) database.onCommit(tx, () => void relay.offer(stored).finally(() => span.end()));
      return id;
    },

    subscribe: (event, handler, subscribeOptions) => subscribe(event, { one: handler }, subscribeOptions),
    subscribeInBatches: (event, handler, subscribeOptions) =>
      subscribe(event, { many: handler }, subscribeOptions),

    async listen(event, handler) {
      jetstream.connection.subscribe(event.subject, {
        callback: (_, message) => {
          const { id, publishedAt, publisher } = readHeaders(recordOf(message.headers));
          try {
            const received = {
              id,
              message: event.codec.decode(message.data),
              redelivered: false,
              publishedAt,
              trace: publisher,
            };
            context.with(publisher, () => handler(received));
          } catch (err) {
            log.warn({ err, event_id: id, subject: event.subject }, 'a listener failed');
          }
        },
      });
      await jetstream.connection.flush();
    },

    async publish(event, id, message) {
      const payload = encodeMessage(event, message);
      await inSpan(
        `${event.subject} publish`,
        publisherAttributes(event.subject, id),
        async () => {
          const headers = writeHeaders(context.active());
          const attempt = () => jetstream.publish({ id, subject: event.subject, payload, headers });
          try {
            // The stream may be gone; looking at it makes it anew.
            await attempt().catch(() => jetstream.look().then(attempt));
          } catch (cause) {
            throw new Failure('unavailable', 'bus_unavailable', 'The event could not be stored; try again', {
              cause,
            });
          }
        },
        { kind: SpanKind.PRODUCER },
      );
    },

    forget: (tx, about) => forgetRows(tx as Transaction, about),
    erase: (about) => eraseMessages(jetstream, about, closing.signal),
    async eraseDelivered({ id, sequence }) {
      if (sequence === undefined) return;
      await eraseMessage(jetstream, sequence).catch((err) => {
        log.warn({ err, event_id: id }, 'an event that nobody needs stays in the stream until it is trimmed');
      });
    },

    async ping() {
      await jetstream.look();
    },

    async close() {
      closing.abort();
      hide?.();
      const opened = await Promise.allSettled(subscriptions.values());
      await Promise.all(opened.map((one) => one.status === 'fulfilled' && one.value.stop()));
      await unwatch?.();
      await relay?.stop();
      await leaveTraces();
      await jetstream.close();
    },
  };
}

function disconnecting(jetstream: JetStream): (error: unknown) => Promise<never> {
  return async (error) => {
    await jetstream.close();
    throw error;
  };
}

/** Ends when the stream has the event. A rollback leaves it open, and so unreported: nothing was published. */
function startPublisherSpan(subject: string, id: string): Span {
  return trace.getTracer('selfsame').startSpan(`${subject} publish`, {
    kind: SpanKind.PRODUCER,
    attributes: publisherAttributes(subject, id),
  });
}

function publisherAttributes(subject: string, id: string): Record<string, string> {
  return {
    'messaging.system': 'nats',
    'messaging.operation.type': 'send',
    'messaging.destination.name': subject,
    'messaging.message.id': id,
  };
}
