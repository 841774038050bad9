import { type Kysely, sql } from 'kysely';
import { type Health, soundHealth } from '../domain/health.ts';
import type { Tables } from './tables.ts';

type Queries = Kysely<Tables>;

/** The columns that make up a destination's health; all null when there is no row. */
export const healthColumns = [
  'circuit',
  'circuit_until',
  'openings',
  'consecutive_failures',
  'paused_until',
  'slow_rate',
  'slowed_at',
  'rate_used_until',
  'failing_since',
  'failures',
] as const;

/** A row of `destination_health`. */
export type HealthRow = Pick<Tables['destination_health'], (typeof healthColumns)[number]>;

/** @see Health */
export function toHealth(row: HealthRow): Health {
  return {
    circuit: row.circuit,
    circuitUntil: row.circuit_until,
    openings: row.openings,
    consecutiveFailures: row.consecutive_failures,
    pausedUntil: row.paused_until,
    slowRate: row.slow_rate,
    slowedAt: row.slowed_at,
    rateUsedUntil: row.rate_used_until,
    failingSince: row.failing_since,
    failures: row.failures,
  };
}

/** How destinations are doing now; those that nothing was ever noted about are missing. */
export async function listHealth(db: Queries, ids: readonly string[]): Promise<Map<string, Health>> {
  const rows = await db
    .selectFrom('destination_health')
    .select('destination_id')
    .select(healthColumns)
    .where(sql<boolean>`destination_id = ANY (${ids}::uuid[])`)
    .execute();
  return new Map(rows.map((row) => [row.destination_id, toHealth(row)]));
}

/**
 * Locks a destination's health until the end of the transaction, its row made when there is none.
 *
 * @param options.skipLocked answers undefined when another replica holds it, instead of waiting
 */
export async function lockHealth(
  tx: Queries,
  destinationId: string,
  options: { skipLocked?: boolean } = {},
): Promise<{ health: Health; now: Date } | undefined> {
  const select = () => {
    const query = tx
      .selectFrom('destination_health')
      .select(healthColumns)
      // Of this statement, not of the transaction: it may have waited for the lock.
      .select(sql<Date>`clock_timestamp()`.as('now'))
      .where('destination_id', '=', destinationId)
      .forUpdate();
    return (options.skipLocked ? query.skipLocked() : query).executeTakeFirst();
  };
  let row = await select();
  if (row === undefined) {
    const { circuit, openings, consecutiveFailures, failures } = soundHealth;
    await tx
      .insertInto('destination_health')
      .values({
        destination_id: destinationId,
        circuit,
        openings,
        consecutive_failures: consecutiveFailures,
        failures,
      } as Tables['destination_health'])
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    row = await select();
  }
  return row && { health: toHealth(row), now: row.now };
}

/** Writes the health of a destination whose row this transaction has locked. */
export async function saveHealth(tx: Queries, destinationId: string, health: Health): Promise<void> {
  await tx
    .updateTable('destination_health')
    .set({
      circuit: health.circuit,
      circuit_until: health.circuitUntil,
      openings: health.openings,
      consecutive_failures: health.consecutiveFailures,
      paused_until: health.pausedUntil,
      slow_rate: health.slowRate,
      slowed_at: health.slowedAt,
      rate_used_until: health.rateUsedUntil,
      failing_since: health.failingSince,
      failures: health.failures,
    })
    .where('destination_id', '=', destinationId)
    .execute();
}

/** Of these destinations, the ones about which something is noted that a success takes back. */
export async function findAiling(db: Queries, destinationIds: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('destination_health')
    .select('destination_id')
    .where(sql<boolean>`destination_id = ANY (${destinationIds}::uuid[])`)
    .where((where) => where.or([where('circuit', '<>', 'closed'), where('failing_since', 'is not', null)]))
    .execute();
  return rows.map((row) => row.destination_id);
}
