import { sessionDeleted, sessionStatusChanged, subjectErased } from '@selfsame/contracts/catalog';
import type { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import { acceptSessionEvents } from '../accept-events.ts';
import type { Context } from '../context.ts';
import type { Dispatcher } from '../dispatcher.ts';
import type { SessionEvent } from '../domain/body.ts';
import { confirmErasure } from '../erasure.ts';
import { eraseSessions } from '../outbound/erasure-store.ts';

/** Events at once; the attempts that follow have bounds of their own. */
const concurrency = 256;

/** Takes in what the session service tells. */
export async function subscribeAll(context: Context, dispatcher: Dispatcher): Promise<void> {
  const { bus } = context;
  await bus.subscribeInBatches(
    sessionStatusChanged,
    (tx, events) =>
      acceptSessionEvents(
        context,
        dispatcher,
        tx,
        events.map(({ id, message, publishedAt, trace }) => {
          const event = toSessionEvent(id, message, publishedAt);
          return { event, callback: message.callback, frameAt: message.captureReceivedAt ?? null, trace };
        }),
      ),
    { concurrency },
  );
  await bus.subscribe(sessionDeleted, async (tx, { message }) => {
    await eraseSessions(tx, message.applicationId, [message.sessionId]);
    await bus.forget(tx, [message.sessionId]);
  });
  await bus.subscribe(subjectErased, (tx, { message }) => confirmErasure(context, tx, message));
}

function toSessionEvent(eventId: string, message: SessionStatusChanged, publishedAt: Date): SessionEvent {
  return {
    eventId,
    applicationId: message.applicationId,
    environment: message.environment,
    sessionId: message.sessionId,
    sequence: Number(message.sequence),
    status: message.status,
    workflowId: message.workflowId,
    workflowVersion: message.workflowVersion,
    vendorData: message.vendorData,
    metadataJson: message.metadataJson,
    decisionJson: message.decisionJson,
    resubmitInfoJson: message.resubmitInfoJson,
    occurredAt: message.occurredAt ?? publishedAt,
  };
}
