import type { Transaction } from '@selfsame/database/database';
import type { OnFile, SubjectName, SubjectOwner } from './comparison.ts';
import type { Context } from './context.ts';
import {
  claimComparison,
  dropGrant,
  dropShare,
  holdShare,
  isShareEnded,
  putGrant,
  setHeld,
} from './outbound/grant-store.ts';
import { dropDecision, findOutcome, holdImport, noteDecision } from './outbound/import-store.ts';
import { holdKey } from './outbound/key-store.ts';
import type { BiometricsTables, ImportDecision } from './outbound/tables.ts';
import { findTemplate, holdSubject, type SessionKey } from './outbound/template-store.ts';

/** Looks of one session of `to`, the first that is compared, may be compared with what `from` has enrolled. */
export interface GrantAsked {
  /** UUID; the imported session at `to` has it too. */
  readonly grantId: string;
  readonly shareId: string;
  readonly from: SubjectName;
  readonly to: SubjectName;
  readonly expiresAt: Date;
  /** Nothing is compared by it before the imported session is Approved. */
  readonly held: boolean;
}

/**
 * Notes a grant; again with the same id, nothing changes. Nothing of the template is copied: looks read it where it is, under
 * its own key.
 * @returns false when there is nothing to grant: `from` has no template that compares, the share is over, the imported session
 *   declined or deleted, or the time is up
 */
export function grantReference(
  { vault, database }: Pick<Context, 'vault' | 'database'>,
  { grantId, shareId, from, to, expiresAt, held }: GrantAsked,
): Promise<boolean> {
  const ownerOf = ({ applicationId, vendorData }: SubjectName): SubjectOwner => ({
    kind: 'subject',
    applicationId,
    subject: vault.subjectOf(applicationId, vendorData),
  });
  const granting = ownerOf(from);
  return database.transaction(async (tx) => {
    if (!(expiresAt.getTime() > Date.now())) return false;
    await holdShare(tx, shareId);
    if (await isShareEnded(tx, shareId)) return false;
    await holdImport(tx, grantId);
    const outcome = await findOutcome(tx, { applicationId: to.applicationId, sessionId: grantId });
    if (outcome === 'deleted' || outcome === 'Declined') return false;
    // Whoever forgets them, or revokes the key, is waited for or finds the grant.
    await holdSubject(tx, granting.subject);
    const kept = await findTemplate(tx, granting);
    if (kept === undefined || kept.stored.state === 'revoked') return false;
    if (kept.stored.state === 'usable' && !(await holdKey(tx, kept.stored.key))) return false;
    await putGrant(tx, {
      grantId,
      shareId,
      from: granting,
      to: ownerOf(to),
      expiresAt,
      held: outcome === undefined ? held : outcome !== 'Approved',
    });
    return true;
  });
}

/** A share is over: nothing is compared by it any more, and nobody enrolled, also by looks that wait for their verdict. */
export async function endShare(tx: Transaction<BiometricsTables>, shareId: string): Promise<void> {
  await holdShare(tx, shareId);
  await dropShare(tx, shareId);
}

/**
 * What a look may be compared with. By a grant only the first session is that has a look which can carry a verdict, a few
 * times: a partner that could try faces until one fits would learn whose the template is. So the comparison is taken before
 * its score exists.
 */
export async function useGrant(
  { database }: Pick<Context, 'database'>,
  { sessionId }: Pick<SessionKey, 'sessionId'>,
  onFile: OnFile,
  isUsable: boolean,
): Promise<OnFile> {
  if (onFile.grantId === undefined) return onFile;
  if (isUsable && (await claimComparison(database.db, onFile.grantId, sessionId))) return onFile;
  return { ...onFile, reference: undefined, grantId: undefined };
}

/** A session's entry into a status, which may be an imported one's. */
export interface Decision extends SessionKey {
  readonly sequence: number;
  readonly status: string;
  /** Of the look that the status rests on; empty when there is none. */
  readonly attemptId: string;
  readonly candidateId: string;
}

/**
 * Follows what is decided about an imported session, also before its grant is there: Declined ends the grant for good, In
 * Review lets it wait, Approved releases it. An import has no look; other sessions that were decided without one have no
 * grant, and are noted for nothing.
 */
export async function followImport(tx: Transaction<BiometricsTables>, decision: Decision): Promise<void> {
  const { status, sequence, attemptId, candidateId } = decision;
  if (!isImportDecision(status) || attemptId !== '' || candidateId !== '') return;
  await holdImport(tx, decision.sessionId);
  const noted = await noteDecision(tx, decision, { sequence, status });
  if (noted === 'Declined') await dropGrant(tx, decision);
  else await setHeld(tx, decision, noted !== 'Approved');
}

const importDecisions: readonly string[] = ['Approved', 'In Review', 'Declined'] satisfies ImportDecision[];

function isImportDecision(status: string): status is ImportDecision {
  return importDecisions.includes(status);
}

/** A session is deleted: if it was imported, its grant goes. That none comes later is seen by the note of the deletion. */
export async function endImport(tx: Transaction<BiometricsTables>, session: SessionKey): Promise<void> {
  await holdImport(tx, session.sessionId);
  await dropGrant(tx, session);
  await dropDecision(tx, session);
}
