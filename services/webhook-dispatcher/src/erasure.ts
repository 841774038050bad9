import { erasureConfirmed } from '@selfsame/contracts/catalog';
import type { SubjectErased } from '@selfsame/contracts/session/v1/events';
import type { Transaction } from '@selfsame/database/database';
import type { Context } from './context.ts';
import { eraseMentions, eraseSessions, eraseSubject } from './outbound/erasure-store.ts';
import type { Tables } from './outbound/tables.ts';

const dayMs = 86_400_000;

/**
 * A person was erased: what was sent and answered about any session of theirs goes, and what was sent about sessions of others
 * whose decisions name one of theirs as a look-alike. Says so, in the same transaction.
 */
export async function confirmErasure(
  { bus, config }: Pick<Context, 'bus' | 'config'>,
  tx: Transaction<Tables>,
  message: SubjectErased,
): Promise<void> {
  const { erasureId, applicationId, vendorData, sessionIds } = message;
  const gone =
    sessionIds.length > 0
      ? await eraseSessions(tx, applicationId, sessionIds)
      : // Nothing else names its sessions; whoever has come under the name since is somebody new.
        await eraseSubject(tx, applicationId, vendorData);
  const mentions = await eraseMentions(tx, applicationId, sessionIds);
  const { deadLetters } = await bus.forget(tx, sessionIds);
  if (erasureId === '') return; // nobody waits for it
  const now = new Date();
  const removed = [
    { kind: 'webhook bodies', count: BigInt(gone.bodies) },
    { kind: 'webhook bodies of others that named a session', count: BigInt(mentions.erased) },
    { kind: 'events that could not be handled', count: BigInt(deadLetters) },
  ];
  const kept = [
    {
      kind: 'entries of the webhook log without bodies',
      count: BigInt(gone.deliveries),
      reason: 'They say that a webhook was sent about a session id, when, and with which answer code.',
      until: new Date(now.getTime() + config.logRetentionDays * dayMs),
    },
    {
      kind: 'webhook bodies of others that name a session and were not delivered yet',
      count: BigInt(mentions.waiting),
      reason: 'Their receivers are still to get them; they go with the bodies of your webhook log.',
      until: undefined,
    },
  ].filter(({ count }) => count > 0n);
  await bus.enqueue(
    tx,
    erasureConfirmed,
    { erasureId, applicationId, service: 'webhook-dispatcher', removed, kept, occurredAt: now },
    { id: `${erasureId}/webhook-dispatcher` },
  );
}
