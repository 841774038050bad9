import { type Kysely, sql } from 'kysely';
import { classOf, type DestinationClass } from '../domain/health.ts';
import { isClaimable, isLimited, waitingDestinations } from './claim-store.ts';
import type { Tables } from './tables.ts';

type Queries = Kysely<Tables>;

/** Deliveries that are due and in nobody's hands. */
export interface Backlog {
  readonly count: number;
  /** How long the oldest of them has been due; 0 when there is none. */
  readonly oldestSeconds: number;
}

/** Of one destination: more of them say nothing more, and each costs a look at its row. */
const mostCounted = 2_000;

/**
 * What could go out now, and what its destination holds up: an open circuit, a pause, a limit of its owner's.
 * Each destination is counted along the index, to a bound; how old the oldest is has none.
 */
export async function readBacklog(db: Queries): Promise<Record<'ready' | 'limited', Backlog>> {
  const { rows } = await sql<{ limited: boolean; count: number; oldest_seconds: number }>`
    WITH RECURSIVE waiting AS (${waitingDestinations})
    SELECT coalesce(${isLimited}, false) AS limited, sum(due.count)::int AS count,
      extract(epoch FROM now() - min(due.oldest))::float8 AS oldest_seconds
    FROM waiting
    JOIN destinations AS t ON t.id = waiting.destination_id
    LEFT JOIN destination_health AS h ON h.destination_id = t.id
    CROSS JOIN LATERAL (
      SELECT count(*) AS count, min(due_at) AS oldest FROM (
        SELECT due_at FROM deliveries
        WHERE destination_id = waiting.destination_id AND ${isClaimable}
        ORDER BY due_at LIMIT ${mostCounted}
      ) AS each
    ) AS due
    WHERE due.count > 0
    GROUP BY 1`.execute(db);
  const of = (limited: boolean): Backlog => {
    const row = rows.find((one) => one.limited === limited);
    return { count: row?.count ?? 0, oldestSeconds: Math.max(0, row?.oldest_seconds ?? 0) };
  };
  return { ready: of(false), limited: of(true) };
}

/** `off`: by its owner's wish. `disabled`: by the system, which holds its events. */
export type DestinationState = DestinationClass | 'off' | 'disabled';

/** How many destinations with a URL are in each state. */
export async function countDestinations(db: Queries): Promise<Map<DestinationState, number>> {
  const rows = await db
    .selectFrom('destinations')
    .leftJoin('destination_health as health', 'health.destination_id', 'destinations.id')
    .select(['enabled', 'disabled_reason', 'health.circuit'])
    .select(sql<boolean>`health.failing_since IS NOT NULL`.as('fails'))
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('deleted_at', 'is', null)
    .where('url', 'is not', null)
    .groupBy(['enabled', 'disabled_reason', 'health.circuit', 'fails'])
    .execute();
  const counts = new Map<DestinationState, number>();
  for (const row of rows) {
    const state = stateOf(row);
    counts.set(state, (counts.get(state) ?? 0) + Number(row.count));
  }
  return counts;
}

function stateOf(row: {
  enabled: boolean;
  disabled_reason: string | null;
  circuit: Tables['destination_health']['circuit'] | null;
  fails: boolean;
}): DestinationState {
  if (!row.enabled)
    return row.disabled_reason === 'owner' || row.disabled_reason === null ? 'off' : 'disabled';
  return classOf(row.circuit ?? 'closed', row.fails);
}
