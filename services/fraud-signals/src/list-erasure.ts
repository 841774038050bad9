import type { Context } from './context.ts';
import { matchKeysOf } from './domain/lists/match-key.ts';
import { normalUser } from './domain/lists/value.ts';
import { eraseSubject, forgetSession } from './outbound/list-erasure-store.ts';
import type { Queries } from './outbound/tables.ts';

/**
 * A person was erased. Their entries on blocklists can be read no more and are still found, by a keyed hash or by their
 * face: who was barred for cause does not come back by asking to be forgotten. All other lists let them go.
 */
export async function eraseSubjectFromLists(
  { hash }: Pick<Context, 'hash'>,
  tx: Queries,
  { applicationId, vendorData }: { applicationId: string; vendorData: string },
): Promise<void> {
  await eraseSubject(tx, applicationId, matchKeysOf(hash, applicationId)('user', normalUser(vendorData)));
}

/** A session was deleted: entries that it gave reason for stay, and name it no more. */
export async function forgetSessionInLists(
  tx: Queries,
  { applicationId, sessionId }: { applicationId: string; sessionId: string },
): Promise<void> {
  await forgetSession(tx, applicationId, sessionId);
}
