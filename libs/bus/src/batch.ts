import type { JsMsg } from '@nats-io/jetstream';
import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Transaction } from '@selfsame/database/database';
import { errorCode } from '@selfsame/runtime/errors';
import { ackWaitMs } from './consumer-config.ts';
import {
  type Delivered,
  type DeliveryContext,
  handleDelivery,
  processAttributes,
  tryDecode,
} from './delivery.ts';
import { readHeaders, recordOf } from './envelope.ts';
import { claimEvents, type Place } from './inbox.ts';
import { noteHandling } from './metrics.ts';

export type BatchHandler<Message> = (tx: Transaction, events: readonly Delivered<Message>[]) => Promise<void>;

interface Waiting {
  readonly delivery: JsMsg;
  readonly incarnation: string;
  readonly done: (isHandled: boolean) => void;
}

interface Readable<Message> {
  readonly waiting: Waiting;
  readonly delivered: Delivered<Message>;
  readonly place: Place;
  readonly span: Span;
}

const maxBatch = 128;

/**
 * Handles deliveries together: what arrives while a batch is at work makes the next one, so batches grow with the load and
 * a lone event waits for nobody. A batch is one transaction. When it fails, and for whatever is not a first delivery, each
 * event is handled alone, so that one that is poison takes no other with it.
 *
 * @param context its handler is for one event
 * @returns handles one delivery, as `handleDelivery` does
 */
export function createBatcher<Message>(
  context: DeliveryContext<Message>,
  handler: BatchHandler<Message>,
): (delivery: JsMsg, incarnation: string) => Promise<boolean> {
  let waiting: Waiting[] = [];
  let isAtWork = false;
  const unfinished = new Set<JsMsg>();
  let keepAlive: NodeJS.Timeout | undefined;
  const tellServer = () => {
    for (const delivery of unfinished) delivery.working();
  };

  async function workThrough(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch);
      waiting = waiting.slice(maxBatch);
      await handleTogether(batch);
    }
    isAtWork = false;
  }

  async function handleTogether(batch: readonly Waiting[]): Promise<void> {
    const readable = batch.flatMap((one) => read(context, one) ?? []);
    const isTogether = readable.length > 1 && (await apply(readable));
    const handled = new Set(isTogether ? readable.map((one) => one.waiting) : []);
    await Promise.all(
      batch.map(async (one) => {
        const { delivery, incarnation, done } = one;
        if (handled.has(one)) delivery.ack();
        done(handled.has(one) || (await handleDelivery(context, delivery, incarnation)));
      }),
    );
  }

  /** @returns false when it failed, and nothing happened */
  async function apply(readable: readonly Readable<Message>[]): Promise<boolean> {
    const { consumer, database, event, log } = context;
    const startedAt = performance.now();
    const handled = new Set<Readable<Message>>();
    try {
      await database.transaction(async (tx) => {
        const events = readable.map(({ delivered, place }) => ({ id: delivered.id, place }));
        const first = await claimEvents(tx, consumer, events);
        // The same event may stand in the batch twice.
        const mine = readable.filter(({ delivered }) => first.delete(delivered.id));
        for (const one of mine) handled.add(one);
        if (mine.length > 0) {
          await handler(
            tx,
            mine.map(({ delivered }) => delivered),
          );
        }
      });
      for (const one of readable) {
        const { publishedAt, trace } = one.delivered;
        noteHandling(event, handled.has(one) ? 'handled' : 'duplicate', { startedAt, publishedAt, trace });
      }
      return true;
    } catch (err) {
      log.info({ err, events: readable.length }, 'a batch failed: each event on its own');
      for (const { span } of readable) {
        span.setAttribute('error.type', errorCode(err));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      return false;
    } finally {
      for (const { span } of readable) span.end();
    }
  }

  return async (delivery, incarnation) => {
    unfinished.add(delivery);
    keepAlive ??= setInterval(tellServer, ackWaitMs / 3);
    const isHandled = await new Promise<boolean>((done) => {
      waiting.push({ delivery, incarnation, done });
      if (isAtWork) return;
      isAtWork = true;
      // What has arrived with it is in the same batch.
      setImmediate(() => void workThrough());
    });
    unfinished.delete(delivery);
    if (unfinished.size === 0) {
      clearInterval(keepAlive);
      keepAlive = undefined;
    }
    return isHandled;
  };
}

/** A delivery that others may be handled with: the first of an event that can be read. */
function read<Message>(
  { consumer, event }: DeliveryContext<Message>,
  waiting: Waiting,
): Readable<Message> | undefined {
  const { delivery, incarnation } = waiting;
  const { id, publishedAt, publisher } = readHeaders(recordOf(delivery.headers));
  if (delivery.redelivered || id === '') return undefined;
  const message = tryDecode(event, delivery.data);
  if (message === undefined) return undefined;
  const { subject } = event;
  const options = { kind: SpanKind.CONSUMER, attributes: processAttributes(subject, consumer, id) };
  const span = trace.getTracer('selfsame').startSpan(`${subject} process`, options, publisher);
  const context = trace.setSpan(publisher, span);
  const sequence = delivery.info.streamSequence;
  return {
    waiting,
    delivered: { id, message, redelivered: false, publishedAt, sequence, trace: context },
    place: { incarnation, sequence },
    span,
  };
}
