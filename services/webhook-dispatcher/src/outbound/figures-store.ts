import { type Kysely, sql } from 'kysely';
import type { DestinationSummary } from '../domain/delivery.ts';
import { isContractFailure, isFailure } from './attempt-kinds.ts';
import type { Tables } from './tables.ts';

type Queries = Kysely<Tables>;

/** How a destination has been doing lately. */
export interface RecentFigures {
  /** The newest attempts, at most `figuresOver`. */
  readonly attempts: number;
  /** Of these, the ones that were taken (2xx). */
  readonly succeeded: number;
  readonly p50ResponseTimeMs: number | null;
  readonly p95ResponseTimeMs: number | null;
  /** The newest failure in the log, however old. */
  readonly lastFailure: {
    readonly responseStatus: number | null;
    readonly error: string | null;
    readonly at: Date;
  } | null;
}

/** How many of its newest attempts say how a destination is doing. */
const figuresOver = 1_000;

/**
 * Figures of destinations over all attempts that they have had. Most are in `attempt_totals`; only those of the last
 * minutes are looked at one by one.
 */
export async function summarise(
  db: Queries,
  ids: readonly string[],
): Promise<Map<string, DestinationSummary>> {
  const { rows } = await sql<{
    id: string;
    total: number;
    failed: number;
    answered: number;
    sum_ms: number;
    min_ms: number | null;
    max_ms: number | null;
    last_at: Date | null;
  }>`
    SELECT t.id,
      coalesce(r.total, 0) + tail.total AS total,
      coalesce(r.failed, 0) + tail.failed AS failed,
      coalesce(r.answered, 0) + tail.answered AS answered,
      coalesce(r.sum_ms, 0) + tail.sum_ms AS sum_ms,
      least(r.min_ms, tail.min_ms) AS min_ms,
      greatest(r.max_ms, tail.max_ms) AS max_ms,
      greatest(r.last_at, tail.last_at) AS last_at
    FROM unnest(${ids}::uuid[]) AS t (id)
    LEFT JOIN attempt_totals AS r ON r.destination_id = t.id
    CROSS JOIN LATERAL (
      SELECT ${sums} FROM attempts
      WHERE destination_id = t.id AND position > coalesce(r.through_position, 0)
    ) AS tail`.execute(db);
  return new Map(
    rows.map((row) => [
      row.id,
      {
        total: row.total,
        failed: row.failed,
        minResponseTimeMs: row.min_ms,
        averageResponseTimeMs: row.answered === 0 ? null : Math.round(row.sum_ms / row.answered),
        maxResponseTimeMs: row.max_ms,
        lastAt: row.last_at,
      },
    ]),
  );
}

const sums = sql`
  count(*) AS total,
  count(*) FILTER (WHERE ${isContractFailure}) AS failed,
  count(response_time_ms) AS answered,
  coalesce(sum(response_time_ms), 0)::bigint AS sum_ms,
  min(response_time_ms) AS min_ms,
  max(response_time_ms) AS max_ms,
  max(created_at) AS last_at`;

/** How destinations have been doing lately. */
export async function readRecentFigures(
  db: Queries,
  ids: readonly string[],
): Promise<Map<string, RecentFigures>> {
  const { rows } = await sql<{
    id: string;
    attempts: number;
    succeeded: number;
    p50: number | null;
    p95: number | null;
    response_status: number | null;
    error: string | null;
    created_at: Date | null;
  }>`
    SELECT t.id, newest.*, failure.*
    FROM unnest(${ids}::uuid[]) AS t (id)
    CROSS JOIN LATERAL (
      SELECT count(*) AS attempts,
        count(*) FILTER (WHERE NOT ${isFailure}) AS succeeded,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY response_time_ms) AS p50,
        percentile_disc(0.95) WITHIN GROUP (ORDER BY response_time_ms) AS p95
      FROM (
        SELECT response_status, response_time_ms FROM attempts
        WHERE destination_id = t.id ORDER BY position DESC LIMIT ${figuresOver}
      ) AS each
    ) AS newest
    LEFT JOIN LATERAL (
      SELECT response_status, error, created_at FROM attempts
      WHERE destination_id = t.id AND ${isFailure} ORDER BY position DESC LIMIT 1
    ) AS failure ON true`.execute(db);
  return new Map(
    rows.map((row) => [
      row.id,
      {
        attempts: row.attempts,
        succeeded: row.succeeded,
        p50ResponseTimeMs: row.p50,
        p95ResponseTimeMs: row.p95,
        lastFailure: row.created_at && {
          responseStatus: row.response_status,
          error: row.error,
          at: row.created_at,
        },
      },
    ]),
  );
}

/** The highest position that an attempt was given; lower ones may still be on their way into the table. */
export async function newestPosition(db: Queries): Promise<number> {
  const { rows } = await sql<{ newest: number }>`
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS newest FROM attempts_position_seq`.execute(db);
  return rows[0]?.newest ?? 0;
}

/** Gives destinations that have none their row of totals. */
export async function startTotals(db: Queries): Promise<void> {
  await sql`
    INSERT INTO attempt_totals (destination_id, through_position, total, failed, answered, sum_ms)
    SELECT id, 0, 0, 0, 0, 0 FROM destinations
    WHERE NOT EXISTS (SELECT 1 FROM attempt_totals WHERE destination_id = destinations.id)
    ON CONFLICT DO NOTHING`.execute(db);
}

/**
 * Adds attempts to the totals of their destinations, each once, whoever else does the same.
 *
 * @param options.through position up to which all attempts are in the table
 * @param options.destinations most destinations to look after
 * @param options.attempts most attempts of each
 * @returns how many destinations were looked after
 */
export async function addToTotals(
  db: Queries,
  options: { through: number; destinations: number; attempts: number },
): Promise<number> {
  const { through, destinations, attempts } = options;
  const { numAffectedRows } = await sql`
    WITH behind AS (
      SELECT t.destination_id, t.through_position FROM attempt_totals AS t
      WHERE EXISTS (
        SELECT 1 FROM attempts
        WHERE destination_id = t.destination_id AND position > t.through_position AND position <= ${through}
      )
      LIMIT ${destinations}
      FOR UPDATE SKIP LOCKED
    ), added AS (
      SELECT behind.destination_id, more.*
      FROM behind CROSS JOIN LATERAL (
        SELECT max(position) AS through_position, ${sums} FROM (
          SELECT * FROM attempts
          WHERE destination_id = behind.destination_id
            AND position > behind.through_position AND position <= ${through}
          ORDER BY position LIMIT ${attempts}
        ) AS next
      ) AS more
      WHERE more.through_position IS NOT NULL
    )
    UPDATE attempt_totals AS t SET
      through_position = added.through_position,
      total = t.total + added.total,
      failed = t.failed + added.failed,
      answered = t.answered + added.answered,
      sum_ms = t.sum_ms + added.sum_ms,
      min_ms = least(t.min_ms, added.min_ms),
      max_ms = greatest(t.max_ms, added.max_ms),
      last_at = greatest(t.last_at, added.last_at)
    FROM added WHERE added.destination_id = t.destination_id`.execute(db);
  return Number(numAffectedRows ?? 0);
}
