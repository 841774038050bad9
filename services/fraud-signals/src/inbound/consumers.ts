import { sessionDeleted, sessionStatusChanged, subjectErased } from '@selfsame/contracts/catalog';
import type { Context } from '../context.ts';
import { forgetSession, forgetSubject, learn } from '../knowledge.ts';
import { eraseSubjectFromLists, forgetSessionInLists } from '../list-erasure.ts';
import { subjectHash } from '../marks.ts';
import { eraseSession, eraseSubject } from '../outbound/assessment-store.ts';

/** Subscribes to what this service acts on: one handler per event. */
export async function subscribeAll(context: Context): Promise<void> {
  const { bus, hash } = context;
  await bus.subscribe(sessionStatusChanged, async (tx, { message }) => {
    await learn(context, tx, message);
  });
  await bus.subscribe(sessionDeleted, async (tx, { message }) => {
    await eraseSession(tx, message.sessionId);
    await forgetSession(tx, message);
    await forgetSessionInLists(tx, message);
  });
  await bus.subscribe(subjectErased, async (tx, { message }) => {
    await eraseSubject(tx, subjectHash(hash, message.applicationId, message.vendorData));
    await forgetSubject(context, tx, message);
    await eraseSubjectFromLists(context, tx, message);
  });
}
