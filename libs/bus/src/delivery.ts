import type { JsMsg } from '@nats-io/jetstream';
import { SpanKind } from '@opentelemetry/api';
import type { EventType } from '@selfsame/contracts/catalog';
import type { Database, Transaction } from '@selfsame/database/database';
import { errorCode } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import { inSpan } from '@selfsame/runtime/telemetry';
import { readHeaders } from './envelope.ts';
import { buryEvent, claimEvent } from './inbox.ts';

/** One delivery of an event. */
export interface Delivered<Message> {
  id: string;
  message: Message;
  /** The stream has delivered it before; whether a handler saw it then is unknown. */
  redelivered: boolean;
  /** When its transaction enqueued it. */
  publishedAt: Date;
}

export type Handler<Message> = (tx: Transaction, event: Delivered<Message>) => Promise<void>;

/** After this long without a word from us (a crash), another replica gets the event. */
export const ackWaitMs = 10_000;
/** Pauses before the second, third, ... delivery. */
const delaysMs = [100, 500, 2_000, 5_000, 15_000, 30_000];
const lastDelayMs = 60_000;

/**
 * Handles one delivery to the end: acknowledged, asked for again later, or put into `dead_letters`.
 *
 * @param incarnation of the stream that delivers
 * @returns false when it failed; never throws
 */
export async function handleDelivery<Message>(
  context: {
    consumer: string;
    event: EventType<Message>;
    handler: Handler<Message>;
    database: Database;
    log: Log;
    maxDeliver: number;
  },
  delivery: JsMsg,
  incarnation: string,
): Promise<boolean> {
  const { consumer, event, handler, database, log, maxDeliver } = context;
  const { id, publishedAt, publisher, headers } = readHeaders(delivery.headers);
  const { deliveryCount, streamSequence } = delivery.info;
  const eventId = id || `${incarnation}/${streamSequence}`;

  const bury = async (reason: string, err?: unknown): Promise<boolean> => {
    const { subject, data: payload } = delivery;
    const letter = { consumer, eventId, subject, payload, headers, reason, deliveries: deliveryCount };
    await buryEvent(database, letter);
    log.error({ err, event_id: eventId, reason, deliveries: deliveryCount }, 'event is in dead_letters');
    delivery.term();
    return false;
  };

  const keepAlive = setInterval(() => delivery.working(), ackWaitMs / 3);
  try {
    // The process may have died of it each time before it could count.
    if (deliveryCount > maxDeliver) return await bury('deliveries_exhausted');
    const message = tryDecode(event, delivery.data);
    if (message === undefined) return await bury('undecodable');
    await inSpan(
      `${event.subject} process`,
      {
        'messaging.system': 'nats',
        'messaging.operation.type': 'process',
        'messaging.destination.name': event.subject,
        'messaging.consumer.group.name': consumer,
        'messaging.message.id': eventId,
      },
      () =>
        database.transaction(async (tx) => {
          const isFirst = await claimEvent(tx, consumer, eventId, { incarnation, sequence: streamSequence });
          const { redelivered } = delivery;
          if (isFirst) await handler(tx, { id: eventId, message, redelivered, publishedAt });
        }),
      { kind: SpanKind.CONSUMER, parent: publisher },
    );
    delivery.ack();
    return true;
  } catch (err) {
    const isLast = deliveryCount >= maxDeliver;
    if (isLast) return await bury(errorCode(err), err).catch(() => again(lastDelayMs, err));
    return again(delaysMs[deliveryCount - 1] ?? lastDelayMs, err);
  } finally {
    clearInterval(keepAlive);
  }

  function again(delayMs: number, err: unknown): boolean {
    log.warn({ err, event_id: eventId, deliveries: deliveryCount, delay_ms: delayMs }, 'event comes again');
    delivery.nak(delayMs);
    return false;
  }
}

function tryDecode<Message>(event: EventType<Message>, data: Uint8Array): Message | undefined {
  try {
    return event.codec.decode(data);
  } catch {
    return undefined;
  }
}
