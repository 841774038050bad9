import { type Kysely, sql } from 'kysely';
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

/** One thing that happened to a destination. */
export interface HistoryEntry {
  readonly event: string;
  /** API key id, or `system`. */
  readonly actor: string;
  readonly detail: Record<string, unknown>;
  readonly at: Date;
}

/** What happened to a destination, newest first. */
export async function listHistory(
  db: Kysely<Tables>,
  destinationId: string,
  page: { limit: number; offset: number },
): Promise<HistoryEntry[]> {
  const rows = await db
    .selectFrom('destination_history')
    .select(['event', 'actor', 'detail', 'created_at'])
    .where('destination_id', '=', destinationId)
    .orderBy('position', 'desc')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  return rows.map(({ event, actor, detail, created_at: at }) => ({ event, actor, detail, at }));
}

/** How much has happened to a destination, counting no further than `limit`. */
export async function countHistory(
  db: Kysely<Tables>,
  destinationId: string,
  limit: number,
): Promise<number> {
  const some = db
    .selectFrom('destination_history')
    .select(sql`1`.as('one'))
    .where('destination_id', '=', destinationId)
    .limit(limit);
  const { count } = await db
    .selectFrom(some.as('counted'))
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}
