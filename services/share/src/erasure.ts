import { erasureConfirmed } from '@selfsame/contracts/catalog';
import type { SubjectErased } from '@selfsame/contracts/session/v1/events';
import type { Transaction } from '@selfsame/database/database';
import type { Context } from './context.ts';
import {
  deleteConsents,
  deleteUngivenConsents,
  endGivenConsents,
  findOtherSessions,
} from './outbound/consent-erasure-store.ts';
import { findImportsOf } from './outbound/import-store.ts';
import { countKept } from './outbound/record-store.ts';
import type { Tables } from './outbound/tables.ts';
import { endSharesOfSession, eraseShares } from './shares/revocation.ts';
import { subjectHash } from './subject-hash.ts';

const dayMs = 86_400_000;

/** A session was deleted: nobody obtains it any more, and what nobody has agreed to goes. What was agreed to ends and stays on record. */
export async function leaveSession(
  context: Pick<Context, 'bus' | 'signing' | 'database'>,
  tx: Transaction<Tables>,
  session: { readonly applicationId: string; readonly sessionId: string },
): Promise<void> {
  await deleteUngivenConsents(tx, session);
  await endGivenConsents(tx, session);
  await endSharesOfSession(context, tx, session);
}

/**
 * A person was erased: what they were asked and answered goes, every share of theirs ends and goes, and so does where their imports
 * came from. The record of shares and the signed cores of their consents stay for the years that the law has for them: they know a
 * pseudonym, and nothing else is left that leads from it to the person. Says so, in the same transaction.
 */
export async function confirmErasure(
  context: Pick<Context, 'bus' | 'signing' | 'keyring' | 'config' | 'database'>,
  tx: Transaction<Tables>,
  message: SubjectErased,
): Promise<void> {
  const { bus, config } = context;
  const { erasureId, applicationId, vendorData, userPid } = message;
  // Whoever has come under the same name since is somebody new.
  const before = message.occurredAt ?? new Date();
  const subject = {
    applicationId,
    userPid,
    subjectHash: subjectHash(context, applicationId, vendorData),
    before,
  };
  const known = await findOtherSessions(tx, { ...subject, sessionIds: message.sessionIds });
  const imported = await findImportsOf(tx, subject);
  const sessionIds = [...new Set([...message.sessionIds, ...known.sessionIds, ...imported])];
  // Consents, then imports, shares and the record, as everywhere.
  const consents = await deleteConsents(tx, { ...subject, sessionIds });
  const shares = await eraseShares(context, tx, { applicationId, sessionIds });
  const { deadLetters } = await bus.forget(tx, sessionIds);
  if (erasureId === '') return; // nobody waits for it

  const userPids = [...new Set([userPid, ...known.userPids, ...consents.userPids])];
  const kept = await countKept(tx, applicationId, { userPids, consentIds: consents.ids });
  const until = kept.keptFrom && new Date(kept.keptFrom.getTime() + config.shareRecordDays * dayMs);
  await bus.enqueue(
    tx,
    erasureConfirmed,
    {
      erasureId,
      applicationId,
      service: 'share',
      removed: [
        { kind: 'consents with texts and evidence', count: BigInt(consents.ids.length) },
        { kind: 'shares', count: BigInt(shares.shares) },
        { kind: 'imports', count: BigInt(shares.imports) },
        { kind: 'events that could not be handled', count: BigInt(deadLetters) },
      ],
      kept: [
        {
          kind: 'entries of the record of shares',
          count: BigInt(kept.records),
          reason:
            'Proof of what was shared with whom, under a pseudonym that nothing is left to resolve: accountability for disclosures.',
          until,
        },
        {
          kind: 'signed consents without evidence',
          count: BigInt(kept.consents),
          reason:
            'Whoever relied on a consent has to be able to show it; they hold the same pseudonym and no details.',
          until,
        },
      ].filter(({ count }) => count > 0n),
      occurredAt: new Date(),
    },
    { id: `${erasureId}/share` },
  );
}
