import type { Bus } from '@selfsame/bus/bus';
import { sessionDeleted, sessionStatusChanged } from '@selfsame/contracts/catalog';
import type { Context } from '../context.ts';
import type { BiometricsTables } from '../outbound/store.ts';
import { followVerdict, leaveSession } from '../templates.ts';

/** What the service does when it hears of a session. Handlers run inside the transaction that notes the event. */
export async function subscribeAll(context: Context, bus: Bus<BiometricsTables>): Promise<void> {
  await bus.subscribe(sessionStatusChanged, async (tx, { message }) => {
    await followVerdict(context, tx, { ...message, sequence: Number(message.sequence) });
  });
  await bus.subscribe(sessionDeleted, async (tx, { message }) => {
    await leaveSession(context, tx, message);
  });
}
