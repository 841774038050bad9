import type { Context } from './context.ts';
import { matchKeysOf } from './domain/lists/match-key.ts';
import { normalUser } from './domain/lists/value.ts';
import { subjectHash } from './marks.ts';
import {
  eraseSession as eraseSessionAssessments,
  eraseSubject as eraseSubjectAssessments,
} from './outbound/assessment-store.ts';
import { eraseSubjectVisits, eraseVisit } from './outbound/history-erasure-store.ts';
import { eraseSubject as eraseSubjectEntries, forgetSession } from './outbound/list-erasure-store.ts';
import type { Queries } from './outbound/tables.ts';

/**
 * A session was deleted: what was made of it goes, what is on its way included, and what it taught last. Entries on lists that
 * it gave reason for stay, and name it no more.
 */
export async function eraseSession(
  tx: Queries,
  { applicationId, sessionId }: { applicationId: string; sessionId: string },
): Promise<void> {
  await eraseSessionAssessments(tx, sessionId);
  await eraseVisit(tx, { applicationId, sessionId });
  await forgetSession(tx, applicationId, sessionId);
}

/**
 * A person was erased: every session of theirs goes, what is known of them, and devices on which nobody else was seen. Their
 * entries on blocklists can be read no more and are still found, by a keyed hash or by their face: who was barred for cause does
 * not come back by asking to be forgotten. All other lists let them go.
 */
export async function eraseSubject(
  { hash }: Pick<Context, 'hash'>,
  tx: Queries,
  { applicationId, vendorData }: { applicationId: string; vendorData: string },
): Promise<void> {
  if (vendorData === '') return;
  const subject = subjectHash(hash, applicationId, vendorData);
  await eraseSubjectAssessments(tx, subject);
  await eraseSubjectVisits(tx, { applicationId, subject });
  await eraseSubjectEntries(
    tx,
    applicationId,
    matchKeysOf(hash, applicationId)('user', normalUser(vendorData)),
  );
}
