import { erasureConfirmed } from '@selfsame/contracts/catalog';
import type { SubjectErased } from '@selfsame/contracts/session/v1/events';
import type { Transaction } from '@selfsame/database/database';
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
import type { Queries, Tables } from './outbound/tables.ts';

/**
 * A session was deleted: what was made of it goes, what is on its way included, and what it taught last. Entries on lists that
 * it gave reason for stay, and name it no more.
 */
export async function eraseSession(
  tx: Queries,
  { applicationId, sessionId }: { applicationId: string; sessionId: string },
): Promise<Pick<Erased, 'assessments' | 'visits' | 'knownDevices'>> {
  const assessments = await eraseSessionAssessments(tx, sessionId);
  const { visits, knownDevices } = await eraseVisit(tx, { applicationId, sessionId });
  await forgetSession(tx, applicationId, sessionId);
  return { assessments, visits, knownDevices };
}

/** A person, as whoever wants them erased names them. */
export interface ErasedSubject {
  readonly applicationId: string;
  /** Empty: only their sessions are known. */
  readonly vendorData: string;
  /** All of theirs. */
  readonly sessionIds?: readonly string[];
  /** What came later under the same name is about somebody new; undefined: nothing has. */
  readonly occurredAt?: Date | undefined;
}

/** What has gone, and what has not. */
export interface Erased {
  readonly assessments: number;
  readonly visits: number;
  readonly knownDevices: number;
  readonly listEntries: number;
  readonly blocklistEntries: number;
}

/**
 * A person was erased: every session of theirs goes, what is known of them, and devices on which nobody else was seen. Their
 * entries on blocklists can be read no more and are still found, by a keyed hash or by their face: who was barred for cause does
 * not come back by asking to be forgotten. All other lists let them go.
 */
export async function eraseSubject(
  { hash }: Pick<Context, 'hash'>,
  tx: Queries,
  { applicationId, vendorData, sessionIds = [], occurredAt: before }: ErasedSubject,
): Promise<Erased> {
  const ofSessions = await eraseAllOf(tx, applicationId, sessionIds);
  if (vendorData === '') return { ...ofSessions, listEntries: 0, blocklistEntries: 0 };
  const subject = subjectHash(hash, applicationId, vendorData);
  const assessments = await eraseSubjectAssessments(tx, subject, before);
  const { visits, knownDevices } = await eraseSubjectVisits(tx, { applicationId, subject, before });
  const key = matchKeysOf(hash, applicationId)('user', normalUser(vendorData));
  return {
    assessments: ofSessions.assessments + assessments,
    visits: ofSessions.visits + visits,
    knownDevices: ofSessions.knownDevices + knownDevices,
    ...(await eraseSubjectEntries(tx, applicationId, key, before)),
  };
}

async function eraseAllOf(tx: Queries, applicationId: string, sessionIds: readonly string[]) {
  const total = { assessments: 0, visits: 0, knownDevices: 0 };
  for (const sessionId of sessionIds) {
    const gone = await eraseSession(tx, { applicationId, sessionId });
    total.assessments += gone.assessments;
    total.visits += gone.visits;
    total.knownDevices += gone.knownDevices;
  }
  return total;
}

/** Erases a person and says so, in one transaction. */
export async function confirmErasure(
  context: Pick<Context, 'hash' | 'bus'>,
  tx: Transaction<Tables>,
  message: SubjectErased,
): Promise<void> {
  const { bus } = context;
  const { erasureId, applicationId, sessionIds } = message;
  const erased = await eraseSubject(context, tx, message);
  const { deadLetters } = await bus.forget(tx, sessionIds);
  if (erasureId === '') return; // nobody waits for it
  const removed = [
    { kind: 'assessments', count: BigInt(erased.assessments) },
    { kind: 'visits', count: BigInt(erased.visits) },
    { kind: 'known devices and networks', count: BigInt(erased.knownDevices) },
    { kind: 'list entries', count: BigInt(erased.listEntries) },
    { kind: 'events that could not be handled', count: BigInt(deadLetters) },
  ];
  const kept = [
    {
      kind: 'blocklist entries',
      count: BigInt(erased.blocklistEntries),
      reason: 'Keyed hashes without a readable value, so that who was barred for cause does not come back.',
      until: undefined,
    },
  ].filter(({ count }) => count > 0n);
  await bus.enqueue(
    tx,
    erasureConfirmed,
    { erasureId, applicationId, service: 'fraud-signals', removed, kept, occurredAt: new Date() },
    { id: `${erasureId}/fraud-signals` },
  );
}
