import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '@selfsame/runtime/errors';
import { type DeadLetter, keepLetter, removeLetter, takeRequested } from './dead-letters.ts';
import { applyOnce, type DeliveryContext, tryDecode } from './delivery.ts';
import { readHeaders } from './envelope.ts';

const lookEveryMs = 1_000;
/** A letter has no place in the stream; this one is in no stream that there is or will be. */
const nowhere = { incarnation: '1970-01-01T00:00:00Z', sequence: 0 };

/**
 * Handles dead letters that an operator wants replayed, one after the other, as a delivery is handled, and removes each
 * in the transaction of its effect. One that fails stays, with its new reason.
 *
 * @returns ends when `signal` does
 */
export async function runReplay<Message>(
  context: DeliveryContext<Message>,
  signal: AbortSignal,
): Promise<void> {
  const { consumer, database, log } = context;
  while (!signal.aborted) {
    try {
      const letter = await takeRequested(database, consumer);
      if (letter) {
        await replay(context, letter);
        continue;
      }
    } catch (err) {
      log.debug({ err }, 'dead letters were not looked at'); // the database is away, which others say loudly
    }
    await sleep(lookEveryMs, undefined, { signal }).catch(() => {});
  }
}

async function replay<Message>(context: DeliveryContext<Message>, letter: DeadLetter): Promise<void> {
  const { consumer, event, database, log } = context;
  const { eventId, payload, headers, deliveries } = letter;
  try {
    const message = tryDecode(event, payload);
    if (message === undefined) {
      await keepLetter(database, consumer, eventId, 'undecodable');
      return;
    }
    const { publishedAt, publisher } = readHeaders(headers);
    const delivered = { id: eventId, message, redelivered: true, publishedAt, trace: publisher };
    await applyOnce(context, { delivered, place: nowhere }, (tx) => removeLetter(tx, consumer, eventId));
    log.info({ event_id: eventId, deliveries }, 'dead letter replayed');
  } catch (err) {
    log.error({ err, event_id: eventId, deliveries }, 'dead letter failed again');
    await keepLetter(database, consumer, eventId, errorCode(err));
  }
}
