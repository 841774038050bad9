import { sessionDeleted } from '@selfsame/contracts/catalog';
import type { Transaction } from '@selfsame/database/database';
import type { Context } from './context.ts';
import type { ErasedParts, LockedSession } from './outbound/session-erasure-store.ts';
import { eraseSessions } from './outbound/session-erasure-store.ts';
import type { Tables } from './outbound/tables.ts';

/** What deleting needs: also a command without a bus can have it, through the outbox. */
export interface Deleting {
  readonly database: Context['database'];
  readonly bus: Pick<Context['bus'], 'enqueue'>;
}

/** Erases sessions that this transaction has locked. */
export async function eraseLocked(
  tx: Transaction<Tables>,
  sessions: readonly LockedSession[],
): Promise<ErasedParts> {
  if (sessions.length === 0) return { looks: 0, reviews: 0 };
  return eraseSessions(
    tx,
    sessions.map(({ id }) => id),
    new Date(),
  );
}

/** Everything bound to these sessions goes, in every service. */
export async function tellDeleted(
  { bus }: Pick<Deleting, 'bus'>,
  tx: Transaction<Tables>,
  applicationId: string,
  sessions: readonly Pick<LockedSession, 'id'>[],
): Promise<void> {
  const occurredAt = new Date();
  for (const { id } of sessions)
    await bus.enqueue(tx, sessionDeleted, { sessionId: id, applicationId, occurredAt });
}
