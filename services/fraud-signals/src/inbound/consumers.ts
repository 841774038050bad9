import { sessionDeleted, sessionStatusChanged, subjectErased } from '@selfsame/contracts/catalog';
import type { Context } from '../context.ts';
import { forgetAssessments } from '../outbound/assessment-store.ts';

/** Subscribes to what this service acts on: one handler per event. */
export async function subscribeAll(context: Context): Promise<void> {
  const { bus } = context;
  await bus.subscribe(sessionStatusChanged, async () => {});
  await bus.subscribe(sessionDeleted, async (tx, { message }) => {
    await forgetAssessments(tx, message.applicationId, [message.sessionId]);
  });
  await bus.subscribe(subjectErased, async () => {});
}
