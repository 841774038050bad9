import type { Transaction } from '@selfsame/database/database';
import type { SubjectName, SubjectOwner } from './comparison.ts';
import type { Context } from './context.ts';
import { dropShare, holdShare, isShareEnded, putGrant } from './outbound/grant-store.ts';
import { holdKey } from './outbound/key-store.ts';
import type { BiometricsTables } from './outbound/tables.ts';
import { findTemplate, holdSubject } from './outbound/template-store.ts';

/** Looks of `to` may be compared with what `from` has enrolled, until one of them enrols `to`. */
export interface GrantAsked {
  /** UUID */
  readonly grantId: string;
  readonly shareId: string;
  readonly from: SubjectName;
  readonly to: SubjectName;
  readonly expiresAt: Date;
}

/**
 * Notes a grant; again with the same id, nothing changes. Nothing of the template is copied: looks read it where it is, under
 * its own key.
 * @returns false when there is nothing to grant: `from` has no template that compares, the share is over, or the time is up
 */
export function grantReference(
  { vault, database }: Pick<Context, 'vault' | 'database'>,
  { grantId, shareId, from, to, expiresAt }: GrantAsked,
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
    // Whoever forgets them, or revokes the key, is waited for or finds the grant.
    await holdSubject(tx, granting.subject);
    const kept = await findTemplate(tx, granting);
    if (kept === undefined || kept.stored.state === 'revoked') return false;
    if (kept.stored.state === 'usable' && !(await holdKey(tx, kept.stored.key))) return false;
    await putGrant(tx, { grantId, shareId, from: granting, to: ownerOf(to), expiresAt });
    return true;
  });
}

/** A share is over: nothing is compared by it any more, and nobody enrolled, also by looks that wait for their verdict. */
export async function endShare(tx: Transaction<BiometricsTables>, shareId: string): Promise<void> {
  await holdShare(tx, shareId);
  await dropShare(tx, shareId);
}
