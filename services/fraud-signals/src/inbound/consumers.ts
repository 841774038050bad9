import { sessionDeleted, sessionStatusChanged, subjectErased } from '@selfsame/contracts/catalog';
import type { Context } from '../context.ts';
import { confirmErasure, eraseSession } from '../erasure.ts';
import { learn } from '../knowledge.ts';

/** Subscribes to what this service acts on: one handler per event, after what it may be about was written down here. */
export async function subscribeAll(context: Context): Promise<void> {
  const { bus, records } = context;
  await bus.subscribe(sessionStatusChanged, async (tx, { message }) => {
    await records.written(message.sessionId);
    await learn(context, tx, message);
  });
  await bus.subscribe(sessionDeleted, async (tx, { message }) => {
    await records.written(message.sessionId);
    await eraseSession(tx, message);
    await bus.forget(tx, [message.sessionId]);
  });
  await bus.subscribe(subjectErased, async (tx, { message }) => {
    await records.written();
    await confirmErasure(context, tx, message);
  });
}
