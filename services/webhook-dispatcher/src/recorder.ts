import { deliveryExhausted } from '@selfsame/contracts/catalog';
import { DeliveryExhausted } from '@selfsame/contracts/webhook_dispatcher/v1/events';
import type { Transaction } from '@selfsame/database/database';
import { createCounter } from '@selfsame/runtime/metrics';
import type { Context } from './context.ts';
import type { Delivery } from './domain/delivery.ts';
import { attemptResult, failureCode, type Outcome } from './domain/schedule.ts';
import { type Noted, noteOutcomes } from './note-outcomes.ts';
import { recordScheduled, type ScheduledAttempt } from './outbound/attempt-store.ts';
import type { Tables } from './outbound/tables.ts';
import { lockSessions, wakeNext } from './outbound/turn-store.ts';

/** An attempt that was made, and all that has to be written down about it. */
export interface MadeAttempt extends ScheduledAttempt {
  readonly delivery: Delivery;
  readonly outcome: Outcome;
}

/** Writes attempts down, many at a time. */
export interface Recorder {
  /** @throws when it could not be written; the delivery is repeated when its lease has ended */
  record(made: MadeAttempt): Promise<void>;
}

/** What writing has done: whether something is due now that was not before, and which deliveries it has moved on. */
interface Recorded {
  readonly woken: boolean;
  readonly moved: ReadonlySet<string>;
}

const attempts = createCounter(
  'selfsame_webhook_attempts_total',
  'Attempts that the schedule made, by how the destination was doing before.',
  ['class', 'outcome'],
);
const deliveries = createCounter(
  'selfsame_webhook_deliveries_total',
  'Deliveries that have come to their end.',
  ['class', 'outcome'],
);
const ends: Readonly<Partial<Record<MadeAttempt['decision']['kind'], string>>> = {
  delivered: 'delivered',
  failed: 'exhausted',
};

// A series that begins at 1 hides its first event from whoever looks at how it rises.
for (const state of ['healthy', 'troubled', 'failing'])
  deliveries.add({ class: state, outcome: 'exhausted' }, 0);

interface Waiting {
  readonly made: MadeAttempt;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

const maxBatch = 256;
/** Attempts that end together are recorded together. */
const lingerMs = 2;

/**
 * One batch is on its way to the database at a time; what ends meanwhile makes the next one, so batches grow with the load
 * and a lone attempt waits for nobody.
 *
 * @param onDue hears that there may be something to attempt now: a turn has come, or a circuit has closed
 */
export function createRecorder(context: Context, onDue: () => void): Recorder {
  const waiting: Waiting[] = [];
  let isWriting = false;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, maxBatch);
      await writeBatch(batch);
    }
    isWriting = false;
  }

  async function writeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const made = batch.map((one) => one.made);
      if (await write(context, made)) onDue();
      for (const { done } of batch) done();
    } catch (error) {
      const [only] = batch;
      if (batch.length === 1) only?.failed(error);
      // One of them may be what the database refuses; it shall not take the others with it.
      else for (const one of batch) await writeBatch([one]);
    }
  }

  return {
    record(made) {
      return new Promise((done, failed) => {
        waiting.push({ made, done, failed });
        if (isWriting) return;
        isWriting = true;
        setTimeout(() => void writeAll(), lingerMs);
      });
    },
  };
}

/** @returns whether there may be something to attempt now */
async function write(context: Context, batch: readonly MadeAttempt[]): Promise<boolean> {
  // What is held is taken up as soon as its destination is on: it must be off before.
  if (batch.some(({ decision }) => decision.kind === 'held')) {
    const noted = await noteOutcomes(context, outcomesOf(batch));
    return follow(batch, await recordAndWake(context, batch), noted);
  }
  const recorded = await recordAndWake(context, batch);
  // The attempts are written down: they must not be written again because this fails.
  const noted = await noteOutcomes(context, outcomesOf(batch)).catch((err): Noted => {
    context.log.warn({ err }, 'health of destinations not noted');
    return { hasRecovered: false, classes: new Map() };
  });
  return follow(batch, recorded, noted);
}

/** Counts what is written down. */
function follow(batch: readonly MadeAttempt[], { woken, moved }: Recorded, noted: Noted): boolean {
  for (const { delivery, outcome, decision } of batch) {
    const known = noted.classes.get(delivery.destinationId) ?? 'unknown';
    const destination = delivery.isCallback ? 'callback' : known;
    attempts.add({ class: destination, outcome: attemptResult(outcome) });
    const end = ends[decision.kind];
    if (end !== undefined && moved.has(delivery.id)) deliveries.add({ class: destination, outcome: end });
  }
  return woken || noted.hasRecovered;
}

/** Of each destination, in the order of the attempts. */
function outcomesOf(batch: readonly MadeAttempt[]): Map<string, Outcome[]> {
  const outcomes = new Map<string, Outcome[]>();
  for (const { delivery, outcome } of batch) {
    if (delivery.isCallback) continue;
    const known = outcomes.get(delivery.destinationId);
    if (known === undefined) outcomes.set(delivery.destinationId, [outcome]);
    else known.push(outcome);
  }
  return outcomes;
}

/** Ends of deliveries that somebody waits for, or hears of, are a transaction; all others are one statement. */
async function recordAndWake(context: Context, batch: readonly MadeAttempt[]): Promise<Recorded> {
  const { database } = context;
  const isPlain = ({ delivery, decision }: MadeAttempt) =>
    decision.kind !== 'failed' && (!delivery.destination.ordered || decision.kind === 'retry');
  if (batch.every(isPlain)) {
    return { woken: false, moved: await recordScheduled(database.db, batch) };
  }
  return await database.transaction(async (tx) => {
    const ordered = batch.filter(({ delivery }) => delivery.destination.ordered);
    const sessionIds = [...new Set(ordered.map(({ delivery }) => delivery.sessionId))];
    if (sessionIds.length > 0) await lockSessions(tx, sessionIds);
    const moved = await recordScheduled(tx, batch);
    const exhausted = batch.filter(
      ({ delivery, decision }) => decision.kind === 'failed' && moved.has(delivery.id),
    );
    for (const made of exhausted) await tellExhausted(context, tx, made);
    return { woken: sessionIds.length > 0 && (await wakeNext(tx, sessionIds)), moved };
  });
}

async function tellExhausted(context: Context, tx: Transaction<Tables>, made: MadeAttempt): Promise<void> {
  const { delivery, outcome } = made;
  const message = DeliveryExhausted.fromPartial({
    deliveryId: delivery.id,
    destinationId: delivery.destinationId,
    applicationId: delivery.applicationId,
    sessionId: delivery.sessionId,
    eventId: delivery.eventId,
    webhookType: delivery.webhookType,
    attempts: delivery.attempts + 1,
    reason: failureCode(outcome),
    occurredAt: new Date(),
  });
  await context.bus.enqueue(tx, deliveryExhausted, message);
}
