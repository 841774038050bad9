import { sql } from 'kysely';
import type { Status } from '../domain/status.ts';
import { unfinishedStatuses } from '../domain/status.ts';
import type { Queries } from './tables.ts';

/** Statuses that somebody has something to do in; the index sessions_open holds the same. */
const openStatuses = [...unfinishedStatuses, 'In Review'] as const satisfies readonly Status[];
/** Of one status: who has more than these knows that they are many. */
const mostCounted = 50_000;

/** How many sessions are in each open status, zeros included. */
export async function countOpenSessions(db: Queries): Promise<Map<Status, number>> {
  const { rows } = await sql<{ status: Status; count: number }>`
    SELECT one.status, (
      SELECT count(*) FROM (
        SELECT FROM sessions AS s
        WHERE s.status = one.status AND s.deleted_at IS NULL
          AND s.status IN ('Not Started', 'In Progress', 'Awaiting User', 'Resubmitted', 'Not Finished', 'In Review')
        LIMIT ${mostCounted}
      ) AS each
    )::int AS count
    FROM unnest(${[...openStatuses]}::text[]) AS one (status)`.execute(db);
  return new Map(rows.map(({ status, count }) => [status, count]));
}
