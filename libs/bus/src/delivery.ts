import type { JsMsg } from '@nats-io/jetstream';
import { context as activeContext, type Context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { EventType } from '@selfsame/contracts/catalog';
import type { Database, Transaction } from '@selfsame/database/database';
import { errorCode } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import { inSpan } from '@selfsame/runtime/telemetry';
import { ackWaitMs } from './consumer-config.ts';
import { buryEvent } from './dead-letters.ts';
import { type EventHeaders, readHeaders, recordOf } from './envelope.ts';
import { claimEvent, type Place, wasHandled } from './inbox.ts';
import { noteHandling, type Outcome } from './metrics.ts';

/** One delivery of an event. */
export interface Delivered<Message> {
  id: string;
  message: Message;
  /** The stream has delivered it before; whether a handler saw it then is unknown. */
  redelivered: boolean;
  /** When its transaction enqueued it. */
  publishedAt: Date;
  /** Its number in the stream; absent where it does not come from there. */
  sequence?: number;
  /** Of its publisher, and of its handling: for what follows from it later. */
  trace: Context;
}

export type Handler<Message> = (tx: Transaction, event: Delivered<Message>) => Promise<void>;

/** One subscription, as it looks at each of its deliveries. */
export interface DeliveryContext<Message> {
  readonly consumer: string;
  readonly event: EventType<Message>;
  readonly handler: Handler<Message>;
  readonly database: Database;
  readonly log: Log;
  readonly maxDeliver: number;
  /** The last delivery had been handled before: the next one probably has, too. */
  repeats: boolean;
}

/** Pauses before the second, third, ... delivery. */
const delaysMs = [100, 500, 2_000, 5_000, 15_000, 30_000];
const lastDelayMs = 60_000;

/**
 * Handles one delivery to the end: acknowledged, asked for again later, or put into `dead_letters`. While the handler is
 * at work the server hears of it, so that nobody else gets the event however long that takes.
 *
 * @param incarnation of the stream that delivers
 * @returns false when it failed; never throws
 */
export async function handleDelivery<Message>(
  context: DeliveryContext<Message>,
  delivery: JsMsg,
  incarnation: string,
): Promise<boolean> {
  const startedAt = performance.now();
  const headers = recordOf(delivery.headers);
  const { publishedAt, publisher } = readHeaders(headers);
  // In the trace of the publisher, so that whatever is logged belongs to the flow.
  const outcome = await activeContext.with(publisher, () =>
    settleDelivery(context, delivery, { incarnation, headers }),
  );
  noteHandling(context.event, outcome, { startedAt, publishedAt, trace: publisher });
  return outcome === 'handled' || outcome === 'duplicate';
}

async function settleDelivery<Message>(
  context: DeliveryContext<Message>,
  delivery: JsMsg,
  { incarnation, headers }: { incarnation: string; headers: EventHeaders },
): Promise<Outcome> {
  const { consumer, event, database, log, maxDeliver } = context;
  const { id, publishedAt, publisher } = readHeaders(headers);
  const { deliveryCount, streamSequence } = delivery.info;
  const eventId = id || `${incarnation}/${streamSequence}`;

  const bury = async (reason: string, err?: unknown): Promise<Outcome> => {
    const { subject, data: payload } = delivery;
    markBuried(event.subject, consumer, eventId, reason);
    await buryEvent(database, consumer, {
      eventId,
      subject,
      payload,
      headers,
      reason,
      deliveries: deliveryCount,
    });
    log.error({ err, event_id: eventId, reason, deliveries: deliveryCount }, 'event is in dead_letters');
    delivery.term();
    return 'buried';
  };

  const keepAlive = setInterval(() => delivery.working(), ackWaitMs / 3);
  try {
    if (await isRepeated()) {
      delivery.ack();
      return 'duplicate';
    }
    // The process may have died of it each time before it could count.
    if (deliveryCount > maxDeliver) return await bury('deliveries_exhausted');
    const message = tryDecode(event, delivery.data);
    if (message === undefined) return await bury('undecodable');
    const delivered = {
      id: eventId,
      message,
      redelivered: delivery.redelivered,
      publishedAt,
      sequence: streamSequence,
      trace: publisher,
    };
    const place = { incarnation, sequence: streamSequence };
    const isFirst = await applyOnce(context, { delivered, place });
    context.repeats = !isFirst;
    delivery.ack();
    return isFirst ? 'handled' : 'duplicate';
  } catch (err) {
    const isLast = deliveryCount >= maxDeliver;
    if (isLast) return await bury(errorCode(err), err).catch(() => again(lastDelayMs, err));
    return again(delaysMs[deliveryCount - 1] ?? lastDelayMs, err);
  } finally {
    clearInterval(keepAlive);
  }

  /** Asked only where it is likely, since it costs a first delivery a round trip more; the claim decides anyhow. */
  async function isRepeated(): Promise<boolean> {
    if (!delivery.redelivered && !context.repeats) return false;
    context.repeats = await wasHandled(database, consumer, eventId);
    return context.repeats;
  }

  function again(delayMs: number, err: unknown): Outcome {
    log.warn({ err, event_id: eventId, deliveries: deliveryCount, delay_ms: delayMs }, 'event comes again');
    delivery.nak(delayMs);
    return 'retried';
  }
}

/**
 * The handler and the inbox row in one transaction, in the trace of the publisher.
 *
 * @param also goes into the same transaction, whether or not the event was handled before
 * @returns false when the event was handled before, and the handler not called
 */
export async function applyOnce<Message>(
  context: DeliveryContext<Message>,
  event: { delivered: Delivered<Message>; place: Place },
  also?: (tx: Transaction) => Promise<void>,
): Promise<boolean> {
  const { consumer, handler, database } = context;
  const { subject } = context.event;
  const { delivered, place } = event;
  return inSpan(
    `${subject} process`,
    processAttributes(subject, consumer, delivered.id),
    () =>
      database.transaction(async (tx) => {
        const isFirst = await claimEvent(tx, consumer, delivered.id, place);
        if (isFirst) await handler(tx, { ...delivered, trace: activeContext.active() });
        await also?.(tx);
        return isFirst;
      }),
    { kind: SpanKind.CONSUMER, parent: delivered.trace },
  );
}

/** An event without its effect is a failure of its trace, also where no handler was called. */
function markBuried(subject: string, consumer: string, eventId: string, reason: string): void {
  const attributes = { ...processAttributes(subject, consumer, eventId), 'error.type': reason };
  const span = trace.getTracer('selfsame').startSpan(`${subject} bury`, { attributes });
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** What a span says of handling an event. */
export function processAttributes(
  subject: string,
  consumer: string,
  eventId: string,
): Record<string, string> {
  return {
    'messaging.system': 'nats',
    'messaging.operation.type': 'process',
    'messaging.destination.name': subject,
    'messaging.consumer.group.name': consumer,
    'messaging.message.id': eventId,
  };
}

/** @returns undefined when it is no message of this event */
export function tryDecode<Message>(event: EventType<Message>, data: Uint8Array): Message | undefined {
  try {
    return event.codec.decode(data);
  } catch {
    return undefined;
  }
}
