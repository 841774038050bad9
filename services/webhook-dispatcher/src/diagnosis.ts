import { type Kysely, sql } from 'kysely';
import type { Tables } from './outbound/tables.ts';

type Queries = Kysely<Tables>;

/** What is due and not begun, over all destinations, and what is held. */
export interface DeliveryBacklog {
  /** Counted up to ten thousand, overdue by a minute and more. */
  readonly overdue: number;
  readonly oldestDueAt: Date | null;
  readonly held: number;
  /** Switched off by the system, with something that waits. */
  readonly switchedOff: readonly string[];
}

/** By the indexes over what is unfinished, whatever the log holds besides. */
export async function readDeliveryBacklog(db: Queries): Promise<DeliveryBacklog> {
  const overdue = await sql<{ count: number; oldest: Date | null }>`
    SELECT count(*)::int AS count, min(due_at) AS oldest FROM (
      SELECT due_at FROM deliveries
      WHERE state = 'pending' AND due_at < now() - interval '1 minute' AND coalesce(claimed_until, '-infinity') < now()
      LIMIT 10000
    ) AS late`.execute(db);
  const held = await sql<{ count: number }>`
    SELECT count(*)::int AS count FROM (SELECT FROM deliveries WHERE state = 'held' LIMIT 10000) AS held`.execute(
    db,
  );
  const off = await sql<{ label: string }>`
    SELECT label FROM destinations
    WHERE disabled_reason IN ('failing', 'gone') AND deleted_at IS NULL ORDER BY updated_at DESC LIMIT 20`.execute(
    db,
  );
  const { count = 0, oldest = null } = overdue.rows[0] ?? {};
  return {
    overdue: count,
    oldestDueAt: oldest,
    held: held.rows[0]?.count ?? 0,
    switchedOff: off.rows.map(({ label }) => label),
  };
}

/** Hosts of destinations that are switched on, the youngest first; never a path. */
export async function listDestinationHosts(db: Queries, limit: number): Promise<string[]> {
  const { rows } = await sql<{ url: string }>`
    SELECT url FROM destinations WHERE enabled AND url IS NOT NULL AND deleted_at IS NULL
    ORDER BY created_at DESC LIMIT ${limit}`.execute(db);
  return [...new Set(rows.flatMap(({ url }) => URL.parse(url)?.hostname ?? []))];
}
