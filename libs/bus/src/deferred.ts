import { randomUUIDv7 } from 'node:crypto';
import { context } from '@opentelemetry/api';
import type { EventType } from '@selfsame/contracts/catalog';
import type { Transaction } from '@selfsame/database/database';
import { encodeMessage, writeHeaders } from './envelope.ts';
import { insertEvent } from './outbox.ts';

/**
 * Writes an event into the outbox for the running service to publish, within two seconds of the commit: for tools that must
 * work while NATS is away. A service uses its bus.
 * @returns the event id, a UUIDv7
 */
export async function enqueueDeferred<Message>(
  tx: Transaction,
  event: EventType<Message>,
  message: Message,
): Promise<string> {
  const id = randomUUIDv7();
  const headers = writeHeaders(context.active());
  const stored = { id, subject: event.subject, payload: encodeMessage(event, message), headers };
  await insertEvent(tx, stored, event.about?.(message));
  return id;
}
