import { sql } from 'kysely';
import { forgetTaught } from './known-store.ts';
import type { Queries } from './tables.ts';

/** What has gone. */
export interface ErasedVisits {
  readonly visits: number;
  /** And networks. */
  readonly knownDevices: number;
}

/**
 * Erases what is remembered of a session, what it taught last included, and leaves a mark, so that a visit or an event that is
 * still on its way brings nothing back.
 */
export async function eraseVisit(
  tx: Queries,
  { applicationId, sessionId }: { applicationId: string; sessionId: string },
): Promise<ErasedVisits> {
  const gone = await tx
    .deleteFrom('visits')
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .returning(['session_id', 'device', 'erased_at'])
    .execute();
  await leaveMarks(tx, applicationId, [sessionId]);
  const known = await forgetTaught(tx, { applicationId, sessionId });
  await dropUnusedDevices(
    tx,
    [...known, ...gone].map(({ device }) => device),
  );
  return { visits: gone.filter(({ erased_at }) => erased_at === null).length, knownDevices: known.length };
}

/**
 * Erases all that is remembered of a subject: sessions, looks, what is known, and devices that nobody else was seen on. What
 * came after `before` stays.
 */
export async function eraseSubjectVisits(
  tx: Queries,
  { applicationId, subject, before }: { applicationId: string; subject: Buffer; before?: Date | undefined },
): Promise<ErasedVisits> {
  const theirs = sql<boolean>`application_id = ${applicationId} AND subject = ${subject}`;
  const until = sql<Date>`coalesce(${before ?? null}::timestamptz, 'infinity')`;
  const known = await tx
    .deleteFrom('known_devices')
    .where(theirs)
    .where('last_approved_at', '<=', until)
    .returning('device')
    .execute();
  const networks = await tx
    .deleteFrom('known_networks')
    .where(theirs)
    .where('last_approved_at', '<=', until)
    .executeTakeFirst();
  const looks = await tx
    .deleteFrom('visit_looks')
    .where(theirs)
    .where('looked_at', '<=', until)
    .returning('device')
    .execute();
  const gone = await tx
    .deleteFrom('visits')
    .where(theirs)
    .where('came_at', '<=', until)
    .returning(['session_id', 'device'])
    .execute();
  await leaveMarks(
    tx,
    applicationId,
    gone.map(({ session_id }) => session_id),
  );
  await dropUnusedDevices(
    tx,
    [...known, ...looks, ...gone].map(({ device }) => device),
  );
  return { visits: gone.length, knownDevices: known.length + Number(networks.numDeletedRows) };
}

async function leaveMarks(tx: Queries, applicationId: string, sessionIds: readonly string[]): Promise<void> {
  await sql`
    INSERT INTO visits (application_id, session_id, phase, came_at, seen_at, erased_at)
    SELECT ${applicationId}::uuid, session_id, 0, now(), now(), now() FROM unnest(${sessionIds}::uuid[]) AS session_id
    ON CONFLICT (application_id, session_id) DO NOTHING`.execute(tx);
}

/** Devices that no visit and no knowledge refers to. One that is being written to at this moment is in use. */
async function dropUnusedDevices(db: Queries, devices: readonly (Buffer | null)[]): Promise<void> {
  const ids = [...new Map(devices.flatMap((id) => (id === null ? [] : [[id.toString('hex'), id]]))).values()];
  if (ids.length === 0) return;
  await sql`
    DELETE FROM devices WHERE id IN (
      SELECT id FROM devices WHERE id = ANY (${ids}::bytea[])
        AND NOT EXISTS (SELECT FROM visits WHERE visits.device = devices.id)
        AND NOT EXISTS (SELECT FROM known_devices WHERE known_devices.device = devices.id)
      FOR UPDATE SKIP LOCKED)`.execute(db);
}

/** What is due for erasure, by name; each takes at most `limit` rows and tells how many it took. */
export const historyErasures: Readonly<
  Record<
    string,
    (db: Queries, due: { now: Date; historySince: Date; knownSince: Date; limit: number }) => Promise<number>
  >
> = {
  'addresses of visits': (db, { now, limit }) =>
    taken(
      sql`UPDATE visits SET raw = NULL WHERE (application_id, session_id) IN (
      SELECT application_id, session_id FROM visits WHERE raw IS NOT NULL AND raw_until < ${now}
      LIMIT ${limit} FOR UPDATE SKIP LOCKED)`.execute(db),
    ),
  'old visits': (db, { historySince, limit }) =>
    taken(
      sql`DELETE FROM visits WHERE (application_id, session_id) IN (
      SELECT application_id, session_id FROM visits WHERE came_at < ${historySince} LIMIT ${limit} FOR UPDATE SKIP LOCKED)`.execute(
        db,
      ),
    ),
  'known devices': (db, { knownSince, limit }) =>
    taken(
      sql`DELETE FROM known_devices WHERE (application_id, subject, device_name) IN (
      SELECT application_id, subject, device_name FROM known_devices WHERE last_approved_at < ${knownSince}
      LIMIT ${limit} FOR UPDATE SKIP LOCKED)`.execute(db),
    ),
  'known networks': (db, { knownSince, limit }) =>
    taken(
      sql`DELETE FROM known_networks WHERE (application_id, subject, network) IN (
      SELECT application_id, subject, network FROM known_networks WHERE last_approved_at < ${knownSince}
      LIMIT ${limit} FOR UPDATE SKIP LOCKED)`.execute(db),
    ),
  'old devices': (db, { historySince, limit }) =>
    taken(
      sql`DELETE FROM devices WHERE id IN (
      SELECT id FROM devices WHERE last_seen_at < ${historySince}
        AND NOT EXISTS (SELECT FROM visits WHERE visits.device = devices.id)
        AND NOT EXISTS (SELECT FROM known_devices WHERE known_devices.device = devices.id)
      LIMIT ${limit} FOR UPDATE SKIP LOCKED)`.execute(db),
    ),
  'old hours': (db, { historySince, limit }) =>
    taken(
      sql`DELETE FROM visit_hours WHERE (application_id, hour) IN (
      SELECT application_id, hour FROM visit_hours WHERE hour < ${historySince} LIMIT ${limit} FOR UPDATE SKIP LOCKED)`.execute(
        db,
      ),
    ),
};

async function taken(done: Promise<{ numAffectedRows?: bigint }>): Promise<number> {
  return Number((await done).numAffectedRows ?? 0);
}
