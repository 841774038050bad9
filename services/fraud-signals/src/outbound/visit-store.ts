import { prepared } from '@selfsame/database/prepared';
import { type Insertable, type RawBuilder, sql } from 'kysely';
import {
  type AssessmentRecord,
  type AssessmentValues,
  assessmentInsertion,
  assessmentValues,
} from './assessment-store.ts';
import type { HistoryTables } from './history-tables.ts';
import type { Queries } from './tables.ts';

/** A visit as it is remembered. */
export interface VisitRecord extends Omit<Insertable<HistoryTables['visits']>, OfStanding> {
  readonly cookie: Buffer | null;
  /** Of the look, if there was one. */
  readonly attempt_id: string | null;
  /** As the application named them itself. */
  readonly application_device: Buffer | null;
  readonly application_network: Buffer | null;
}

/** Comes of events, not of visits. */
type OfStanding =
  | 'status'
  | 'status_sequence'
  | 'is_approved'
  | 'enrols'
  | 'method'
  | 'decided_at'
  | 'erased_at';
type Column = Exclude<keyof HistoryTables['visits'], OfStanding>;

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

const columns: readonly Column[] = [
  ...(['application_id', 'session_id', 'phase', 'came_at', 'seen_at'] as const),
  ...together.flat(),
  ...software,
];

/**
 * Remembers a visit, and keeps what was assessed of it, with one statement: any number of replicas may do so for one session, and repeated it changes nothing but
 * when it was seen. Of a session that was deleted nothing is written. The commit is not waited for: what a crash loses is
 * one visit, which teaches nothing then.
 */
export async function insertVisit(
  db: Queries,
  visit: VisitRecord,
  assessment: AssessmentRecord | null,
): Promise<void> {
  await keepVisit(db, {
    ...visit,
    ...assessmentValues(assessment),
    hour: new Date(Math.floor(visit.seen_at.valueOf() / hourMs) * hourMs),
  });
}

const hourMs = 3_600_000;

const keepVisit = prepared<VisitRecord & AssessmentValues & { hour: Date }>('insert_visit', (value) => {
  const device = sql`${value('device')}::bytea`;
  const isProved = sql`${value('is_proved')}::boolean`;
  const seenAt = sql`${value('seen_at')}::timestamptz`;
  return sql`
    WITH quick AS (
      SELECT set_config('synchronous_commit', 'off', true)
    ), assessment AS (
      ${assessmentInsertion(value)}
    ), visit AS (
      INSERT INTO visits (${sql.join(columns.map((column) => sql.ref(column)))})
      VALUES (${sql.join(columns.map(value))})
      ON CONFLICT (application_id, session_id) DO UPDATE SET
        phase = greatest(visits.phase, excluded.phase),
        seen_at = greatest(visits.seen_at, excluded.seen_at),
        -- Created long before it is opened: it is the opening that belongs to an hour and a place.
        came_at = CASE WHEN visits.phase < 2 AND excluded.phase >= 2 THEN excluded.came_at ELSE visits.came_at END,
        ${sql.join([
          ...together.flatMap((line) => line.map((column) => latest(column, line.at(-1)))),
          ...software.map((column) => setUnless(sql`excluded.platform = ''`, column)),
        ])}
      WHERE visits.erased_at IS NULL
      RETURNING visits.application_id, visits.session_id, visits.xmax = 0 AS is_new
    ), device AS (
      INSERT INTO devices (id, is_proved, first_seen_at, last_seen_at)
      SELECT ${device}, ${isProved}, ${seenAt}, ${seenAt} FROM visit WHERE ${device} IS NOT NULL
      ON CONFLICT (id) DO UPDATE SET last_seen_at = greatest(devices.last_seen_at, excluded.last_seen_at)
    ), cookie AS (
      INSERT INTO device_cookies (cookie, device)
      SELECT ${value('cookie')}::bytea, ${device} FROM visit
      WHERE ${value('cookie')}::bytea IS NOT NULL AND ${device} IS NOT NULL AND ${isProved}
      ON CONFLICT DO NOTHING
    ), look AS (
      INSERT INTO visit_looks (application_id, session_id, attempt_id, subject, device, device_name, network,
        application_device, application_network, looked_at)
      SELECT application_id, session_id, ${value('attempt_id')}::text, ${value('subject')}::bytea,
        CASE WHEN ${isProved} THEN ${device} END, CASE WHEN ${isProved} THEN ${value('device_name')}::bytea END,
        ${value('network')}::bytea, ${value('application_device')}::bytea, ${value('application_network')}::bytea, ${seenAt}
      FROM visit WHERE ${value('attempt_id')}::text IS NOT NULL
      ON CONFLICT DO NOTHING
    ), hour AS (
      INSERT INTO visit_hours (application_id, hour, sessions) SELECT application_id, ${value('hour')}::timestamptz, 1 FROM visit WHERE is_new
      ON CONFLICT (application_id, hour) DO UPDATE SET sessions = visit_hours.sessions + 1
    )
    SELECT FROM quick, visit`;
});

/** What is told now, or else what was told before. */
function latest(column: Column, told: Column = column) {
  return setUnless(sql`${sql.ref(`excluded.${told}`)} IS NULL`, column);
}

function setUnless(isOld: RawBuilder<unknown>, column: Column) {
  return sql`${sql.ref(column)} = CASE WHEN ${isOld} THEN ${sql.ref(`visits.${column}`)} ELSE ${sql.ref(`excluded.${column}`)} END`;
}
