import type { Transaction } from '@selfsame/database/database';
import { findValidConsent, type ValidConsent } from '../consents/consents.ts';
import type { ImportRefusal } from '../domain/refusal.ts';
import { holdShare, type ShareRow } from '../outbound/share-store.ts';
import type { Tables } from '../outbound/tables.ts';

/** A share by which something may be obtained, unless its time is over. */
export interface OpenShare {
  readonly share: ShareRow;
  /** undefined where the sharing application needed none. */
  readonly consent: ValidConsent | undefined;
}

/** The consent that a share was made by, if it holds: until the end of the transaction it does. It is locked before anything else. */
export async function holdConsent(
  tx: Transaction<Tables>,
  share: ShareRow,
): Promise<ValidConsent | undefined> {
  return share.consent_id === null ? undefined : await findValidConsent(tx, consentOf(share));
}

/**
 * A share that was not revoked, with a consent that holds. Until the end of the transaction neither can be ended.
 * @param consent as `holdConsent` has found it in the same transaction
 */
export async function holdOpenShare(
  tx: Transaction<Tables>,
  { share_id }: ShareRow,
  consent: ValidConsent | undefined,
): Promise<OpenShare | ImportRefusal> {
  const share = await holdShare(tx, share_id);
  if (!share) return 'session_gone';
  if (share.imported_at) return 'already_imported';
  if (share.revoked_because === 'session_deleted') return 'session_gone';
  if (share.revoked_because === 'consent_withdrawn') return 'consent_ended';
  if (share.revoked_at) return 'revoked';
  return share.consent_id !== null && !consent ? 'consent_ended' : { share, consent };
}

/** The consent that a share was made by. */
function consentOf(share: ShareRow) {
  return {
    applicationId: share.from_application_id,
    sessionId: share.session_id,
    audienceId: share.for_application_id,
    purpose: share.purpose,
    scope: share.scope,
    consentId: share.consent_id ?? undefined,
  };
}
