import type { Transaction } from '@selfsame/database/database';
import type { LivenessMethod } from '../domain/features/liveness-method.ts';
import type { Tables } from './tables.ts';

type Tx = Transaction<Tables>;

/** What is known of a look since its latest grant. */
export interface GrantedLook {
  readonly id: string;
  /** Where it comes from, as keyed digests; null where that is unknown or the look is judged. */
  readonly device: Buffer | null;
  readonly network: Buffer | null;
  /** Of the challenge that it answers; null: of none. */
  readonly method: LivenessMethod | null;
  /** SHA-256 of all its pictures; null when nobody told. */
  readonly pictures: Buffer | null;
}

/** One look of a session; null when it was never granted. */
export async function findLook(tx: Tx, sessionId: string, attemptId: string): Promise<GrantedLook | null> {
  const row = await selectLooks(tx, sessionId).where('attempt_id', '=', attemptId).executeTakeFirst();
  return row ?? null;
}

/** Looks among these that answered an active challenge, led to no verdict so far and were not counted for it. */
export async function findOpenLooks(
  tx: Tx,
  sessionId: string,
  attemptIds: readonly string[],
): Promise<GrantedLook[]> {
  return selectLooks(tx, sessionId)
    .where('attempt_id', 'in', [...new Set(attemptIds)])
    .where('method', 'in', ['FLASHING', 'ACTIVE_3D'])
    .where('judged_at', 'is', null)
    .where('counted_at', 'is', null)
    .orderBy('granted_at')
    .execute();
}

/** Notes that these looks were counted as failures. */
export async function markCounted(
  tx: Tx,
  sessionId: string,
  looks: readonly GrantedLook[],
  now: Date,
): Promise<void> {
  await tx
    .updateTable('attempts')
    .set({ counted_at: now })
    .where('session_id', '=', sessionId)
    .where(
      'attempt_id',
      'in',
      looks.map(({ id }) => id),
    )
    .execute();
}

function selectLooks(tx: Tx, sessionId: string) {
  return tx
    .selectFrom('attempts')
    .select([
      'attempt_id as id',
      'device_sha256 as device',
      'network_sha256 as network',
      'method',
      'pictures_sha256 as pictures',
    ])
    .where('session_id', '=', sessionId);
}
