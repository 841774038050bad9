import { sessionDeleted, sessionStatusChanged, subjectErased } from '@selfsame/contracts/catalog';
import type { Context } from '../context.ts';
import { eraseSession, eraseSubject } from '../erasure.ts';
import { learn } from '../knowledge.ts';

/** Subscribes to what this service acts on: one handler per event. */
export async function subscribeAll(context: Context): Promise<void> {
  const { bus } = context;
  await bus.subscribe(sessionStatusChanged, (tx, { message }) => learn(context, tx, message));
  await bus.subscribe(sessionDeleted, (tx, { message }) => eraseSession(tx, message));
  await bus.subscribe(subjectErased, (tx, { message }) => eraseSubject(context, tx, message));
}
