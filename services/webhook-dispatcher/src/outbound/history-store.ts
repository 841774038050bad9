import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** What can happen to a destination. */
export type DestinationEvent = 'created' | 'changed' | 'secret_rotated' | 'disabled' | 'enabled' | 'deleted';

/**
 * Appends to the history of a destination, in the transaction that makes it.
 *
 * @param actor id of the API key that asked for it, or `system`
 * @param detail names and words, never a secret
 */
export async function writeHistory(
  tx: Kysely<Tables>,
  destinationId: string,
  event: DestinationEvent,
  actor: string,
  detail: Record<string, unknown> = {},
): Promise<void> {
  await tx
    .insertInto('destination_history')
    .values({ destination_id: destinationId, event, actor, detail: JSON.stringify(detail) })
    .execute();
}
