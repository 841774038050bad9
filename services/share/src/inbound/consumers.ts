import { sessionDeleted, subjectErased } from '@selfsame/contracts/catalog';
import type { Context } from '../context.ts';
import { confirmErasure, leaveSession } from '../erasure.ts';

/** Subscribes to what this service acts on: one handler per event. */
export async function subscribeAll(context: Context): Promise<void> {
  const { bus } = context;
  await bus.subscribe(sessionDeleted, (tx, { message }) => leaveSession(context, tx, message));
  await bus.subscribe(subjectErased, (tx, { message }) => confirmErasure(context, tx, message));
}
