import type { Bus } from '@selfsame/bus/bus';
import {
  sessionDeleted,
  sessionStatusChanged,
  shareRevoked,
  subjectErased,
  templateEnrolled,
  templateForgotten,
} from '@selfsame/contracts/catalog';
import type { Context } from '../context.ts';
import { confirmErasure } from '../erasure.ts';
import { endShare, followImport } from '../grants.ts';
import type { BiometricsTables } from '../outbound/tables.ts';
import type { FaceSearch } from '../search/face-search.ts';
import { followVerdict, leaveSession } from '../templates.ts';

/** What the service does when it hears of a session. Handlers run inside the transaction that notes the event. */
export async function subscribeAll(context: Context, bus: Bus<BiometricsTables>): Promise<void> {
  await bus.subscribe(sessionStatusChanged, async (tx, { message }) => {
    const status = { ...message, sequence: Number(message.sequence) };
    await followImport(tx, status);
    await followVerdict(context, tx, status);
  });
  await bus.subscribe(sessionDeleted, async (tx, { message }) => {
    await leaveSession(context, tx, message);
    await bus.forget(tx, [message.sessionId]);
  });
  await bus.subscribe(subjectErased, (tx, { message }) => confirmErasure({ ...context, bus }, tx, message));
  await bus.subscribe(shareRevoked, async (tx, { message }) => {
    await endShare(tx, message.shareId);
  });
}

/** Every replica hears that templates came or went, and reads them from Postgres; without the events it would anyway. */
export async function listenForFaces(
  faces: Pick<FaceSearch, 'nudge'>,
  bus: Bus<BiometricsTables>,
): Promise<void> {
  await bus.listen(templateEnrolled, faces.nudge);
  await bus.listen(templateForgotten, faces.nudge);
}
