import { prepared } from '@selfsame/database/prepared';
import { type Insertable, sql } from 'kysely';
import type { HistoryTables } from './history-tables.ts';
import type { Queries } from './tables.ts';

/** A visit as it is remembered. */
export interface VisitRecord {
  readonly visit: Insertable<HistoryTables['visits']>;
  readonly cookie: Buffer | null;
  /** Of the look, if there was one. */
  readonly look: Insertable<HistoryTables['visit_looks']> | null;
}

type Column = keyof HistoryTables['visits'];

/** Columns that are told together: when the last one of a line is told, all of them are those of now. */
const together: readonly (readonly Column[])[] = [
  ['device_name', 'is_proved', 'device'],
  [
    ...(['prefix', 'asn', 'country', 'latitude', 'longitude', 'radius_km'] as const),
    ...(['is_vpn_or_tor', 'is_data_center', 'raw', 'raw_until', 'network'] as const),
  ],
  ['hardware', 'traits', 'fingerprint'],
  ['subject'],
  ['ja4'],
  ['camera'],
  ['similarity'],
  ['local_hour'],
];
const software: readonly Column[] = [
  ...(['brand', 'model', 'browser_family', 'browser_major', 'os_family', 'os_version', 'platform'] as const),
];

/**
 * Remembers a visit with one statement: any number of replicas may do so for one session, and repeated it changes nothing but
 * when it was seen. Of a session that was deleted nothing is written. The commit is not waited for: what a crash loses is
 * one visit, which teaches nothing then.
 */
export async function insertVisit(db: Queries, { visit, cookie, look }: VisitRecord): Promise<void> {
  const hour = new Date(Math.floor(visit.seen_at.valueOf() / 3_600_000) * 3_600_000);
  const insertion = db
    .insertInto('visits')
    .values(visit)
    .onConflict((conflict) =>
      conflict
        .columns(['application_id', 'session_id'])
        .doUpdateSet({
          phase: sql`greatest(visits.phase, excluded.phase)`,
          seen_at: sql`greatest(visits.seen_at, excluded.seen_at)`,
          // Created long before it is opened: it is the opening that belongs to an hour and a place.
          came_at: sql`CASE WHEN visits.phase < 2 AND excluded.phase >= 2 THEN excluded.came_at ELSE visits.came_at END`,
          ...Object.fromEntries([
            ...together.flatMap((columns) =>
              columns.map((column) => [column, latest(column, columns.at(-1))]),
            ),
            ...software.map((column) => [
              column,
              sql`CASE WHEN excluded.platform = '' THEN ${sql.ref(`visits.${column}`)} ELSE ${sql.ref(`excluded.${column}`)} END`,
            ]),
          ]),
        })
        .where('visits.erased_at', 'is', null),
    )
    .returning(['visits.application_id', sql<boolean>`visits.xmax = 0`.as('is_new')]);
  await sql`${prepared(look === null ? 'insert_visit' : 'insert_visit_with_look')}
    WITH quick AS (
      SELECT set_config('synchronous_commit', 'off', true)
    ), visit AS (
      ${insertion}
    ), device AS (
      INSERT INTO devices (id, is_proved, first_seen_at, last_seen_at)
      SELECT ${visit.device}::bytea, ${visit.is_proved ?? false}::boolean, ${visit.seen_at}::timestamptz, ${visit.seen_at}::timestamptz
      FROM visit WHERE ${visit.device}::bytea IS NOT NULL
      ON CONFLICT (id) DO UPDATE SET last_seen_at = greatest(devices.last_seen_at, excluded.last_seen_at)
    ), cookie AS (
      INSERT INTO device_cookies (cookie, device)
      SELECT ${cookie}::bytea, ${visit.device}::bytea FROM visit
      WHERE ${cookie}::bytea IS NOT NULL AND ${visit.device}::bytea IS NOT NULL AND ${visit.is_proved ?? false}::boolean
      ON CONFLICT DO NOTHING
    ), look AS (
      ${look === null ? sql`SELECT` : lookInsertion(look)}
    ), hour AS (
      INSERT INTO visit_hours (application_id, hour, sessions) SELECT application_id, ${hour}::timestamptz, 1 FROM visit WHERE is_new
      ON CONFLICT (application_id, hour) DO UPDATE SET sessions = visit_hours.sessions + 1
    )
    SELECT quick.* FROM quick, visit`.execute(db);
}

/** What is told now, or else what was told before. */
function latest(column: Column, told: Column = column) {
  return sql`CASE WHEN ${sql.ref(`excluded.${told}`)} IS NULL THEN ${sql.ref(`visits.${column}`)} ELSE ${sql.ref(`excluded.${column}`)} END`;
}

function lookInsertion(look: Insertable<HistoryTables['visit_looks']>) {
  return sql`
    INSERT INTO visit_looks (application_id, session_id, attempt_id, subject, device, device_name, network,
      application_device, application_network, looked_at)
    SELECT application_id, ${look.session_id}::uuid, ${look.attempt_id}, ${look.subject}::bytea, ${look.device}::bytea,
      ${look.device_name}::bytea, ${look.network}::bytea, ${look.application_device}::bytea,
      ${look.application_network}::bytea, ${look.looked_at}::timestamptz FROM visit
    ON CONFLICT DO NOTHING`;
}
