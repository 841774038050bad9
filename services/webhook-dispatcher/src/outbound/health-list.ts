import { type Kysely, sql } from 'kysely';
import type { Health } from '../domain/health.ts';
import { healthColumns, toHealth } from './health-store.ts';
import type { Tables } from './tables.ts';

/** How destinations are doing now; those that nothing was ever noted about are missing. */
export async function listHealth(db: Kysely<Tables>, ids: readonly string[]): Promise<Map<string, Health>> {
  const rows = await db
    .selectFrom('destination_health')
    .select('destination_id')
    .select(healthColumns)
    .where(sql<boolean>`destination_id = ANY (${ids}::uuid[])`)
    .execute();
  return new Map(rows.map((row) => [row.destination_id, toHealth(row)]));
}
