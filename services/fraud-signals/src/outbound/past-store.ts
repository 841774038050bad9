import { prepared } from '@selfsame/database/prepared';
import { type RawBuilder, sql } from 'kysely';
import { baselineHours, hourOf } from '../domain/baseline.ts';
import type { PastAnswer } from './past-answer.ts';
import type { Queries } from './tables.ts';

/** What is asked of the past. Hashes are null where the visit has no such thing. */
export interface PastQuery {
  readonly applicationId: string;
  readonly sessionId: string;
  readonly attemptId: string;
  /** Whether what the latest opening of its page saw is wanted. */
  readonly isLook: boolean;
  readonly now: Date;
  /** What was approved before is not known any more. */
  readonly knownSince: Date;
  readonly subject: Buffer | null;
  readonly device: Buffer | null;
  readonly isProved: boolean;
  /** The name by which a device is known that proves itself, or for which the application speaks. */
  readonly knownName: Buffer | null;
  readonly cookie: Buffer | null;
  readonly network: Buffer | null;
  readonly prefix: Buffer | null;
  readonly asn: number | null;
  readonly ja4: Buffer | null;
  readonly fingerprint: Buffer | null;
}

/** Rows of one subject or device that are looked at one by one. */
const rowsMax = 100;
/** Rows of a crowd that are counted. */
const countedMax = 200;
const matchesMax = 5;
/** Of each of the two ways to find devices that might be this one. */
const candidatesMax = 16;
const openingsMax = 50;

const sessionColumns = sql`country, status, is_approved AS "isApproved", came_at AS "cameAt", seen_at AS "seenAt"`;
const softwareColumns = sql`
  browser_family AS "browserFamily", browser_major AS "browserMajor", os_family AS "osFamily", os_version AS "osVersion"`;
const subjectVisitColumns = sql`
  ${sessionColumns}, device, asn, latitude, longitude, radius_km AS "radiusKm", local_hour AS "localHour", similarity, enrols, method,
  decided_at AS "decidedAt"`;
const deviceVisitColumns = sql`${sessionColumns}, ${softwareColumns}, subject, network`;
const ownColumns = sql`
  ${softwareColumns}, device, device_name AS "deviceName", is_proved AS "isProved", local_hour AS "localHour", status, fingerprint,
  hardware, traits, ja4, brand, model, platform`;
const matchColumns = sql`
  session_id AS "sessionId", subject, device, device_name AS "deviceName", brand, model, browser_family AS "browserFamily",
  os_family AS "osFamily", platform, country, is_vpn_or_tor AS "isVpnOrTor", is_data_center AS "isDataCenter", raw, ja4, hardware, traits,
  came_at AS "cameAt"`;
const decisions = sql`
  count(*) FILTER (WHERE status IN ('Approved', 'Declined')) AS decided, count(*) FILTER (WHERE status = 'Declined') AS declined`;

/**
 * Asks everything at once: one statement, one round trip. Each part follows an index from the newest row back and ends after
 * a fixed number of rows, so that the answer takes as long for a busy address as for a quiet one.
 */
export async function readPast(db: Queries, query: PastQuery): Promise<PastAnswer> {
  const hour = new Date(hourOf(query.now.getTime()));
  const [answer] = await askPast(db, { ...query, hour });
  if (answer === undefined) throw new Error('a query without a table gave no row');
  return answer;
}

const askPast = prepared<PastQuery & { hour: Date }, PastAnswer>('read_past', (value) => {
  const bytes = (key: keyof PastQuery) => sql`${value(key)}::bytea`;
  const app = sql`${value('applicationId')}::uuid`;
  const session = sql`${value('sessionId')}::uuid`;
  const other = sql`session_id <> ${session}`;
  const [subject, network, prefix] = [bytes('subject'), bytes('network'), bytes('prefix')];
  const knownSince = sql`${value('knownSince')}::timestamptz`;
  const since = (ago: string) => sql`${value('now')}::timestamptz - ${sql.lit(ago)}::interval`;
  const device = sql`(SELECT device FROM me)`;
  const fingerprint = sql`(SELECT fingerprint FROM me)`;
  const ja4 = sql`(SELECT ja4 FROM me)`;
  const asn = sql`${value('asn')}::bigint`;
  const newest = sql`ORDER BY came_at DESC LIMIT ${sql.lit(countedMax)}`;
  const hour = (ago: number) => sql`${value('hour')}::timestamptz - ${sql.lit(`${ago} hours`)}::interval`;
  const isOther = sql`(subject IS NULL OR subject IS DISTINCT FROM ${subject})`;
  /** Other subjects first: they are what matches are read for. */
  const matches = (where: RawBuilder<unknown>) => sql`
    (SELECT json_agg(m) FROM (
      SELECT ${matchColumns} FROM (SELECT * FROM visits WHERE ${where} AND ${other} ORDER BY came_at DESC LIMIT ${sql.lit(rowsMax)}) v
      ORDER BY ${isOther} DESC, came_at DESC LIMIT ${sql.lit(matchesMax)}) m)`;
  return sql`
    WITH own AS MATERIALIZED (
      SELECT ${ownColumns} FROM visits WHERE application_id = ${app} AND session_id = ${session} AND erased_at IS NULL
    ), me AS MATERIALIZED (
      SELECT coalesce(${bytes('device')}, (SELECT device FROM own)) AS device,
        CASE WHEN ${bytes('device')} IS NULL THEN (SELECT "isProved" FROM own) ELSE ${value('isProved')}::boolean END AS is_proved,
        coalesce(${bytes('fingerprint')}, (SELECT fingerprint FROM own)) AS fingerprint,
        coalesce(${bytes('ja4')}, (SELECT ja4 FROM own)) AS ja4
    ), before AS MATERIALIZED (
      SELECT * FROM visits
      WHERE application_id = ${app} AND device = ${device} AND ${other} ORDER BY came_at DESC LIMIT ${sql.lit(rowsMax)}
    ), openings AS (
      SELECT assessed_at, address_hash, device_hash FROM assessments
      WHERE session_id = ${session} AND application_id = ${app} AND phase = 'OPENING'
      ORDER BY assessed_at DESC LIMIT ${sql.lit(openingsMax)}
    )
    SELECT
      (SELECT row_to_json(own) FROM own) AS own,
      (SELECT json_agg(v) FROM (
        SELECT ${subjectVisitColumns} FROM visits WHERE application_id = ${app} AND subject = ${subject} AND ${other}
        ORDER BY came_at DESC LIMIT ${sql.lit(rowsMax)}) v) AS "ofSubject",
      (SELECT to_json(came_at) FROM visits WHERE application_id = ${app} AND subject = ${subject} AND ${other}
        ORDER BY came_at LIMIT 1) AS "subjectFirstSeenAt",
      (SELECT json_build_object(
          'attempts10m', count(*) FILTER (WHERE looked_at > ${since('10 minutes')}),
          'looks30d', count(*), 'livenessFailures30d', count(*) FILTER (WHERE liveness_failed))
        FROM (SELECT looked_at, liveness_failed FROM visit_looks
          WHERE application_id = ${app} AND subject = ${subject} AND looked_at > ${since('720 hours')}
            AND attempt_id <> ${value('attemptId')}::text ORDER BY looked_at DESC LIMIT ${sql.lit(countedMax)}) l) AS looks,
      json_build_object(
        'devices', (SELECT count(*) FROM known_devices WHERE application_id = ${app} AND subject = ${subject}
          AND last_approved_at > ${knownSince}),
        'networks', (SELECT count(*) FROM known_networks WHERE application_id = ${app} AND subject = ${subject}
          AND last_approved_at > ${knownSince})) AS known,
      (SELECT to_json(last_approved_at) FROM known_devices WHERE application_id = ${app} AND subject = ${subject}
        AND device_name = ${bytes('knownName')} AND last_approved_at > ${knownSince}) AS "deviceApprovedAt",
      (SELECT to_json(last_approved_at) FROM known_networks WHERE application_id = ${app} AND subject = ${subject}
        AND network = ${network} AND last_approved_at > ${knownSince}) AS "networkApprovedAt",
      (SELECT json_agg(v) FROM (
        SELECT ${deviceVisitColumns} FROM before) v) AS "ofDevice",
      (SELECT to_json(first_seen_at) FROM devices WHERE id = ${device}) AS "deviceFirstSeenAt",
      (SELECT count(DISTINCT application_id)::int FROM (SELECT application_id FROM visits WHERE device = ${device}
        AND application_id <> ${app} AND came_at > ${since('720 hours')} LIMIT ${sql.lit(countedMax)}) t) AS "deviceTenants",
      (SELECT row_to_json(b) FROM (SELECT ja4, hardware, traits, browser_family AS "browserFamily", browser_major AS "browserMajor" FROM before
        WHERE traits IS NOT NULL ORDER BY came_at DESC LIMIT 1) b) AS "deviceBefore",
      (SELECT to_json(camera) FROM before WHERE camera IS NOT NULL ORDER BY came_at DESC LIMIT 1) AS "cameraBefore",
      (SELECT to_json(device) FROM device_cookies WHERE cookie = ${bytes('cookie')}) AS "cookieOwner",
      (SELECT count(DISTINCT device)::int FROM (SELECT device FROM visits WHERE application_id = ${app}
        AND fingerprint = ${fingerprint} AND came_at > ${since('720 hours')} AND device IS DISTINCT FROM ${device} ${newest}) f) AS "fingerprintDevices",
      (SELECT json_build_object(
          'sessions10m', count(*) FILTER (WHERE came_at > ${since('10 minutes')}),
          'subjects24h', count(DISTINCT subject) FILTER (WHERE subject IS DISTINCT FROM ${subject}),
          'devices24h', count(DISTINCT device) FILTER (WHERE device IS DISTINCT FROM ${device}),
          'decided', count(*) FILTER (WHERE status IN ('Approved', 'Declined')),
          'declined', count(*) FILTER (WHERE status = 'Declined'))
        FROM (SELECT came_at, subject, device, status FROM visits WHERE application_id = ${app} AND network = ${network}
          AND came_at > ${since('24 hours')} AND ${other} ${newest}) n) AS network,
      (SELECT to_json(came_at) FROM visits WHERE application_id = ${app} AND network = ${network} AND ${other}
        ORDER BY came_at LIMIT 1) AS "networkFirstSeenAt",
      (SELECT count(*)::int FROM (SELECT 1 FROM visits WHERE application_id = ${app} AND prefix = ${prefix}
        AND came_at > ${since('10 minutes')} AND ${other} ${newest}) p) AS "prefixSessions10m",
      (SELECT row_to_json(a) FROM (SELECT ${decisions} FROM (SELECT status FROM visits WHERE application_id = ${app}
        AND asn = ${asn} AND came_at > ${since('24 hours')} AND ${other} ${newest}) s) a) AS asn,
      (SELECT row_to_json(j) FROM (SELECT ${decisions},
          count(DISTINCT subject) FILTER (WHERE came_at > ${since('1 hour')} AND subject IS DISTINCT FROM ${subject}) AS "subjects1h"
        FROM (SELECT status, came_at, subject FROM visits WHERE application_id = ${app} AND ja4 = ${ja4}
          AND came_at > ${since('24 hours')} AND ${other} ${newest}) s) j) AS ja4,
      (SELECT json_build_object(
          'current', ${counts(sql`hour >= ${hour(0)}`)}, 'previous', ${counts(sql`hour = ${hour(1)}`)},
          'past', ${counts(
            sql`hour < ${hour(1)}`,
            sql`, 'squares', coalesce(sum(sessions::bigint ^ 2) FILTER (WHERE hour < ${hour(1)}), 0),
              'first', min(hour) FILTER (WHERE hour < ${hour(1)})`,
          )})
        FROM visit_hours WHERE application_id = ${app} AND hour >= ${hour(baselineHours + 1)}) AS hours,
      ${matches(sql`application_id = ${app} AND network = ${network}`)} AS "networkMatches",
      ${matches(sql`application_id = ${app} AND device = ${device} AND is_proved AND (SELECT is_proved FROM me)`)} AS "deviceMatches",
      ${matches(sql`application_id = ${app} AND fingerprint = ${fingerprint}
        AND NOT (is_proved AND device IS NOT DISTINCT FROM ${device})`)} AS "fingerprintMatches",
      (SELECT json_agg(c) FROM (
        SELECT ${matchColumns} FROM (
          (SELECT * FROM visits WHERE application_id = ${app} AND subject = ${subject} AND ${other}
            AND traits IS NOT NULL AND is_proved AND device IS DISTINCT FROM ${device} ORDER BY came_at DESC LIMIT ${sql.lit(candidatesMax)})
          UNION ALL
          (SELECT * FROM visits WHERE application_id = ${app} AND prefix = ${prefix} AND ${other}
            AND subject IS DISTINCT FROM ${subject} AND came_at > ${since('720 hours')}
            AND traits IS NOT NULL AND is_proved AND device IS DISTINCT FROM ${device} ORDER BY came_at DESC LIMIT ${sql.lit(candidatesMax)})
        ) v WHERE NOT EXISTS (SELECT FROM before) AND ${device} IS NOT NULL
      ) c) AS candidates,
      (SELECT json_agg(json_build_object('assessedAt', assessed_at, 'address', address_hash, 'device', device_hash)
        ORDER BY assessed_at DESC) FROM openings) AS openings,
      (SELECT facts FROM assessments WHERE session_id = ${session} AND application_id = ${app} AND phase = 'OPENING'
        AND ${value('isLook')}::boolean ORDER BY assessed_at DESC LIMIT 1) AS "openingFacts"`;
});

/** Of hours, as JSON. */
function counts(which: RawBuilder<unknown>, more: RawBuilder<unknown> = sql``) {
  const sum = (column: string) => sql`coalesce(sum(${sql.ref(column)}) FILTER (WHERE ${which}), 0)`;
  return sql`json_build_object(
    'sessions', ${sum('sessions')}, 'approved', ${sum('approved')}, 'declined', ${sum('declined')}${more})`;
}
