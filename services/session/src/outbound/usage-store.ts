import type { Transaction } from '@selfsame/database/database';
import type { RawBuilder } from 'kysely';
import { sql } from 'kysely';
import type { UsageItem } from '../domain/usage.ts';
import type { Queries, Tables } from './tables.ts';

/** What one session costs. */
export interface Use {
  readonly sessionId: string;
  readonly applicationId: string;
  readonly item: UsageItem;
  readonly priceMicros: number;
  readonly at: Date;
}

/** Counts a session once, however often its status changes later; null: nothing. For statements that do something beside. */
export function useStatement(use: Use | null): RawBuilder<unknown> {
  if (use === null) return sql`SELECT NULL::uuid AS id`;
  const { sessionId, applicationId, item, priceMicros, at } = use;
  return sql`
    INSERT INTO usage (session_id, application_id, item, price_micros, used_at)
    VALUES (${sessionId}, ${applicationId}, ${item}, ${priceMicros}, ${at})
    ON CONFLICT (session_id) DO NOTHING
    RETURNING session_id AS id`;
}

/** The same by itself. */
export async function insertUse(tx: Transaction<Tables>, use: Use | null): Promise<void> {
  if (use !== null) await useStatement(use).execute(tx);
}

/** How much an application has used from `from` on and before `before`, by item. */
export async function sumUsage(
  db: Queries,
  applicationId: string,
  from: Date,
  before: Date,
): Promise<{ item: UsageItem; count: number; micros: number }[]> {
  const rows = await db
    .selectFrom('usage')
    .select((eb) => [
      'item',
      eb.fn.countAll<number>().as('count'),
      sql<number>`sum(price_micros)::bigint`.as('micros'),
    ])
    .where('application_id', '=', applicationId)
    .where('used_at', '>=', from)
    .where('used_at', '<', before)
    .groupBy('item')
    .execute();
  return rows;
}
