import { sessionDeleted } from '@selfsame/contracts/catalog';
import type { Context } from '../context.ts';
import { endSharesOfSession } from '../revocation.ts';

/** Subscribes to what this service acts on: one handler per event. */
export async function subscribeAll(context: Context): Promise<void> {
  const { bus } = context;
  await bus.subscribe(sessionDeleted, (tx, { message }) => endSharesOfSession(context, tx, message));
}
