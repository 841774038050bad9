import { type Insertable, sql } from 'kysely';
import type { HistoryTables } from './history-tables.ts';
import type { Queries } from './tables.ts';

type SessionKey = { readonly applicationId: string; readonly sessionId: string };
type SubjectKey = { readonly applicationId: string; readonly subject: Buffer };

/** A device becomes known, or stays it for longer. The later approval counts, whichever is heard of first. */
export async function putKnownDevice(
  tx: Queries,
  row: Insertable<HistoryTables['known_devices']>,
): Promise<void> {
  await tx
    .insertInto('known_devices')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['application_id', 'subject', 'device_name']).doUpdateSet(renewed('known_devices')),
    )
    .execute();
}

/** Likewise a network. */
export async function putKnownNetwork(
  tx: Queries,
  row: Insertable<HistoryTables['known_networks']>,
): Promise<void> {
  await tx
    .insertInto('known_networks')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['application_id', 'subject', 'network']).doUpdateSet(renewed('known_networks')),
    )
    .execute();
}

function renewed(table: 'known_devices' | 'known_networks') {
  const before = sql.ref(`${table}.last_approved_at`);
  return {
    session_id: sql<string>`CASE WHEN excluded.last_approved_at >= ${before} THEN excluded.session_id ELSE ${sql.ref(`${table}.session_id`)} END`,
    last_approved_at: sql<Date>`greatest(${before}, excluded.last_approved_at)`,
    first_approved_at: sql<Date>`least(${sql.ref(`${table}.first_approved_at`)}, excluded.first_approved_at)`,
  };
}

/** Forgets what a session taught last. @returns the devices, which may be nobody's now */
export async function forgetTaught(
  tx: Queries,
  { applicationId, sessionId }: SessionKey,
): Promise<{ device: Buffer | null }[]> {
  await tx
    .deleteFrom('known_networks')
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .execute();
  return tx
    .deleteFrom('known_devices')
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .returning('device')
    .execute();
}

/**
 * Forgets devices and networks of a subject.
 * @param name of one of them; null: all
 * @returns how many
 */
export async function forgetKnown(
  db: Queries,
  { applicationId, subject }: SubjectKey,
  name: Buffer | null,
): Promise<number> {
  const { rows } = await sql<{ forgotten: number }>`
    WITH devices AS (
      DELETE FROM known_devices WHERE application_id = ${applicationId} AND subject = ${subject}
        AND (${name}::bytea IS NULL OR device_name = ${name}::bytea) RETURNING 1
    ), networks AS (
      DELETE FROM known_networks WHERE application_id = ${applicationId} AND subject = ${subject}
        AND (${name}::bytea IS NULL OR network = ${name}::bytea) RETURNING 1
    )
    SELECT ((SELECT count(*) FROM devices) + (SELECT count(*) FROM networks))::int AS forgotten`.execute(db);
  return rows[0]?.forgotten ?? 0;
}

/**
 * Forgets devices and networks of a subject that a session came from: where it was looked at, the devices that proved
 * themselves when its page was opened, and what the application named along with its looks.
 * @returns how many
 */
export async function forgetKnownOfSession(
  db: Queries,
  { applicationId, sessionId, subject }: SessionKey & SubjectKey,
): Promise<number> {
  const { rows } = await sql<{ forgotten: number }>`
    WITH looks AS MATERIALIZED (
      SELECT device_name, application_device, network FROM visit_looks
      WHERE application_id = ${applicationId} AND session_id = ${sessionId}
    ), devices AS (
      DELETE FROM known_devices WHERE application_id = ${applicationId} AND subject = ${subject} AND device_name IN (
        SELECT device_name FROM looks UNION SELECT application_device FROM looks
        UNION SELECT device_name FROM visits WHERE application_id = ${applicationId} AND session_id = ${sessionId}
        UNION SELECT device_hash FROM assessments WHERE application_id = ${applicationId} AND session_id = ${sessionId}
      ) RETURNING 1
    ), networks AS (
      DELETE FROM known_networks WHERE application_id = ${applicationId} AND subject = ${subject}
        AND network IN (SELECT network FROM looks) RETURNING 1
    )
    SELECT ((SELECT count(*) FROM devices) + (SELECT count(*) FROM networks))::int AS forgotten`.execute(db);
  return rows[0]?.forgotten ?? 0;
}

/** A device or a network of a subject, as it was last seen there. */
export interface KnownRow {
  readonly type: 'device' | 'network';
  readonly name: Buffer;
  readonly source: 'browser' | 'application';
  readonly first_approved_at: Date;
  readonly last_approved_at: Date;
  readonly seen_at: Date | null;
  readonly brand: string | null;
  readonly model: string | null;
  readonly browser_family: string | null;
  readonly os_family: string | null;
  readonly platform: string | null;
  readonly country: string | null;
}

/** What is known of a subject, approved last first. */
export async function listKnown(
  db: Queries,
  { applicationId, subject }: SubjectKey,
  since: Date,
  page: { readonly limit: number; readonly offset: number },
): Promise<{ count: number; rows: KnownRow[] }> {
  const { rows } = await sql<KnownRow & { total: number }>`
    WITH known AS (
      SELECT 'device' AS type, device_name AS name, device, NULL::bytea AS network, source, first_approved_at, last_approved_at
      FROM known_devices WHERE application_id = ${applicationId} AND subject = ${subject} AND last_approved_at > ${since}
      UNION ALL
      SELECT 'network', network, NULL, network, source, first_approved_at, last_approved_at
      FROM known_networks WHERE application_id = ${applicationId} AND subject = ${subject} AND last_approved_at > ${since}
    ), page AS (
      SELECT known.*, (count(*) OVER ())::int AS total FROM known
      ORDER BY last_approved_at DESC, type, name LIMIT ${page.limit} OFFSET ${page.offset}
    )
    SELECT page.type, page.name, page.source, page.first_approved_at, page.last_approved_at, page.total, seen.*
    FROM page LEFT JOIN LATERAL (
      (SELECT seen_at, brand, model, browser_family, os_family, platform, country FROM visits
        WHERE device = page.device AND application_id = ${applicationId} AND subject = ${subject} ORDER BY came_at DESC LIMIT 1)
      UNION ALL
      (SELECT seen_at, NULL, NULL, NULL, NULL, NULL, country FROM visits
        WHERE application_id = ${applicationId} AND network = page.network AND subject = ${subject} ORDER BY came_at DESC LIMIT 1)
    ) seen ON true
    ORDER BY page.last_approved_at DESC, page.type, page.name`.execute(db);
  const count =
    rows[0]?.total ?? (page.offset === 0 ? 0 : await countKnown(db, { applicationId, subject }, since));
  return { count, rows };
}

async function countKnown(db: Queries, { applicationId, subject }: SubjectKey, since: Date): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT ((SELECT count(*) FROM known_devices
        WHERE application_id = ${applicationId} AND subject = ${subject} AND last_approved_at > ${since})
      + (SELECT count(*) FROM known_networks
        WHERE application_id = ${applicationId} AND subject = ${subject} AND last_approved_at > ${since}))::int AS count`.execute(
    db,
  );
  return rows[0]?.count ?? 0;
}
