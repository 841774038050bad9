import { type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import type { AuditFilter } from '../domain/audit-filter.ts';
import type { AuditTables } from './audit-tables.ts';
import type { Queries, Tables } from './tables.ts';

export type AuditRow = Selectable<AuditTables['audit_log']>;

/** Adds what was called. An id that is there already is the same call; calls of applications that are unknown are left out. */
export async function insertCalls(db: Queries, rows: readonly AuditRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    INSERT INTO audit_log
    SELECT called.* FROM jsonb_populate_recordset(NULL::audit_log, ${JSON.stringify(rows)}::jsonb) AS called
    JOIN applications ON applications.id = called.application_id
    ON CONFLICT (id) DO NOTHING`.execute(db);
}

/** A page of an application's log, newest first. */
export async function listCalls(
  db: Queries,
  applicationId: string,
  filter: AuditFilter,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ count: number; rows: AuditRow[] }> {
  const found = matching(db.selectFrom('audit_log').where('application_id', '=', applicationId), filter);
  const [{ count }, rows] = await Promise.all([
    found.select((query) => query.fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
    found
      .selectAll()
      .orderBy('occurred_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .offset(offset)
      .execute(),
  ]);
  return { count, rows };
}

function matching<Row>(query: SelectQueryBuilder<Tables, 'audit_log', Row>, filter: AuditFilter) {
  const { from, before, method, path, status, ipAddress, actor, service } = filter;
  let found = query;
  if (from) found = found.where('occurred_at', '>=', from);
  if (before) found = found.where('occurred_at', '<', before);
  if (method) found = found.where('method', '=', method);
  if (path) found = found.where(sql<boolean>`strpos(path, ${path}) > 0`);
  if (status !== undefined) found = found.where('status', '=', status);
  if (ipAddress) found = found.where(sql<boolean>`ip_address <<= ${ipAddress}::inet`);
  if (actor) found = found.where('actor', '=', actor);
  if (service) found = found.where('service', '=', service);
  return found;
}

/** Removes what is older, `limit` at most. @returns how many */
export async function dropCallsBefore(db: Queries, time: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM audit_log WHERE id IN (
      SELECT id FROM audit_log WHERE occurred_at < ${time} ORDER BY occurred_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )`.execute(db);
  return Number(numAffectedRows ?? 0n);
}
