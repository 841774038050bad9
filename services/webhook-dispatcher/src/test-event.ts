import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { attemptByHand } from './attempts.ts';
import type { ByHand } from './by-hand.ts';
import type { Context } from './context.ts';
import { readLogEntry } from './delivery-log.ts';
import { sampleEvent, type WebhookEvent } from './domain/sample-event.ts';
import { findDestination } from './outbound/destination-store.ts';
import { insertTestDelivery, type LogEntry } from './outbound/log-store.ts';

/**
 * Sends a destination an event that nothing has caused, whether it is switched on, subscribed or neither, and waits for
 * the receiver, a few seconds at most.
 *
 * @returns the attempt, whatever the receiver said; undefined when this application has no such destination
 * @throws Failure `too_many_by_hand`
 */
export async function sendTestEvent(
  context: Context,
  byHand: ByHand,
  owner: { applicationId: string; environment: string },
  test: { destinationId: string; webhookType: WebhookEvent },
): Promise<LogEntry | undefined> {
  const { applicationId, environment } = owner;
  const { destinationId, webhookType } = test;
  const { db } = context.database;
  const destination = await findDestination(db, applicationId, destinationId);
  const url = destination?.url;
  if (!destination || !url) return undefined;
  return await byHand(applicationId, async () => {
    const at = context.now();
    const eventId = randomUUIDv7();
    const sessionId = randomUUID();
    const source = {
      eventId,
      applicationId,
      environment,
      subjectId: sessionId,
      workflowId: randomUUID(),
      at,
    };
    const { body, status } = sampleEvent(webhookType, source, destination.version);
    const delivery = {
      id: randomUUIDv7(),
      eventId,
      destinationId,
      applicationId,
      sessionId,
      webhookType,
      status,
      body,
      createdAt: at,
    };
    await insertTestDelivery(db, delivery);
    const { id } = await attemptByHand(context, { ...delivery, url, destination }, 'test');
    return await readLogEntry(context, { applicationId, id });
  });
}
