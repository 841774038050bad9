import { shareRevoked } from '@selfsame/contracts/catalog';
import type { Transaction } from '@selfsame/database/database';
import type { Context } from '../context.ts';
import type { RevocationReason } from '../domain/share.ts';
import { deleteImports, detachImports } from '../outbound/import-store.ts';
import {
  deleteShares,
  endShares,
  findShare,
  type ListedShare,
  lockSharesOf,
  type SharesToEnd,
} from '../outbound/share-store.ts';
import type { Tables } from '../outbound/tables.ts';
import { appendRecords, recordOf } from '../records/records.ts';

type Telling = Pick<Context, 'bus' | 'signing' | 'database'>;

/** Ends a share. Repeated, nothing more happens. @returns undefined when the application has no such share */
export async function revokeShare(
  context: Context,
  applicationId: string,
  shareId: string,
): Promise<ListedShare | undefined> {
  const { database } = context;
  return await database.transaction(async (tx) => {
    const wanted = { applicationId, shareId, withImported: true };
    const [revoked] = await end(context, tx, wanted, 'application');
    return revoked ?? (await findShare(tx, applicationId, shareId));
  });
}

/**
 * Ends what a consent allowed, in the transaction that withdraws it: open shares, and the grants of those that were imported.
 * The consent is locked already.
 * @returns how many
 */
export async function revokeSharesOf(
  context: Telling,
  tx: Transaction<Tables>,
  consentId: string,
): Promise<number> {
  const ended = await end(context, tx, { consentId, withImported: true }, 'consent_withdrawn');
  return ended.length;
}

/** A session was deleted: nobody obtains it any more. What was obtained before stays where it is. */
export async function endSharesOfSession(
  context: Telling,
  tx: Transaction<Tables>,
  { applicationId, sessionId }: { readonly applicationId: string; readonly sessionId: string },
): Promise<void> {
  await end(context, tx, { applicationId, sessionIds: [sessionId], withImported: false }, 'session_deleted');
}

/**
 * A subject is erased: their shares end and go, and what they obtained is not told any more. What partners obtained is theirs;
 * where it came from is not told any more.
 * @param subject.sessionIds of the subject, imported ones among them
 * @returns how many rows there were
 */
export async function eraseShares(
  context: Telling,
  tx: Transaction<Tables>,
  { applicationId, sessionIds }: { readonly applicationId: string; readonly sessionIds: readonly string[] },
): Promise<{ shares: number; imports: number }> {
  if (sessionIds.length === 0) return { shares: 0, imports: 0 };
  // Who makes an import holds its row, then the share’s, then the record.
  const imports = await deleteImports(tx, applicationId, sessionIds);
  await detachImports(tx, applicationId, sessionIds);
  await lockSharesOf(tx, applicationId, sessionIds);
  await end(context, tx, { applicationId, sessionIds, withImported: true }, 'subject_erased');
  return { imports, shares: await deleteShares(tx, applicationId, sessionIds) };
}

async function end(
  context: Telling,
  tx: Transaction<Tables>,
  wanted: SharesToEnd,
  because: RevocationReason,
): Promise<ListedShare[]> {
  const ended = await endShares(tx, wanted, because);
  for (const share of ended) await tellRevoked(context, tx, share);
  await appendRecords(
    context,
    tx,
    ended.map((share) => ({ ...recordOf(share), kind: 'share_revoked', note: because })),
  );
  return ended;
}

/** Tells those who keep something by a share. */
export async function tellRevoked(
  { bus }: Pick<Context, 'bus'>,
  tx: Transaction<Tables>,
  share: ListedShare,
): Promise<void> {
  await bus.enqueue(tx, shareRevoked, {
    shareId: share.share_id,
    applicationId: share.from_application_id,
    occurredAt: new Date(),
  });
}
