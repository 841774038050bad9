import { type Selectable, sql } from 'kysely';
import type { Tables } from '../outbound/tables.ts';
import type { ImageKind, ImageTables } from './tables.ts';

export type KeptImage = Selectable<ImageTables['kept_images']>;

/** Whose pictures. */
export interface ImageSession {
  readonly applicationId: string;
  readonly sessionId: string;
}

/** Announces a picture whose object is about to be written. */
export async function insertStoring(
  db: Tables,
  { applicationId, sessionId }: ImageSession,
  image: { imageId: string; kind: ImageKind; contentType: string },
): Promise<void> {
  await db
    .insertInto('kept_images')
    .values({
      image_id: image.imageId,
      application_id: applicationId,
      session_id: sessionId,
      kind: image.kind,
      content_type: image.contentType,
      state: 'storing',
    })
    .execute();
}

/** Its object is there. @returns false when its session was deleted meanwhile */
export async function noteKept(db: Tables, imageId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('kept_images')
    .set({ state: 'kept' })
    .where('image_id', '=', imageId)
    .where('state', '=', 'storing')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Of these, those that are kept for the session. */
export async function findKept(
  db: Tables,
  { applicationId, sessionId }: ImageSession,
  imageIds: readonly string[],
): Promise<string[]> {
  if (imageIds.length === 0) return [];
  const rows = await db
    .selectFrom('kept_images')
    .select('image_id')
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .where('image_id', 'in', [...imageIds])
    .where('state', '=', 'kept')
    .execute();
  return rows.map((row) => row.image_id);
}

/** The newest kept picture of a kind. */
export async function findNewest(
  db: Tables,
  { applicationId, sessionId }: ImageSession,
  kind: ImageKind,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('kept_images')
    .select('image_id')
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .where('kind', '=', kind)
    .where('state', '=', 'kept')
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.image_id;
}

/** A kept picture by its id. */
export async function findImage(db: Tables, imageId: string): Promise<KeptImage | undefined> {
  return db
    .selectFrom('kept_images')
    .selectAll()
    .where('image_id', '=', imageId)
    .where('state', '=', 'kept')
    .executeTakeFirst();
}

/** Nobody gets the pictures of a session any more; their objects go next. @returns how many */
export async function releaseImages(db: Tables, { applicationId, sessionId }: ImageSession): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('kept_images')
    .set({ state: 'leaving' })
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .where('state', '!=', 'leaving')
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/**
 * Locks pictures whose objects have to go: of deleted sessions, those that looks under way have left to them, and those
 * that a crash left half stored. In no order, so that one which cannot be removed holds up no other.
 */
export async function takeLeaving(db: Tables, limit: number): Promise<KeptImage[]> {
  const { rows } = await sql<KeptImage>`
    SELECT * FROM kept_images AS image
    WHERE state = 'leaving'
      OR (state = 'storing' AND created_at < now() - interval '10 minutes')
      OR EXISTS (
        SELECT FROM followed_sessions AS f
        WHERE f.deleted AND f.application_id = image.application_id AND f.session_id = image.session_id
      )
    ORDER BY random() LIMIT ${limit} FOR UPDATE SKIP LOCKED`.execute(db);
  return rows;
}

/** Their objects are gone. */
export async function dropImages(db: Tables, imageIds: readonly string[]): Promise<void> {
  if (imageIds.length === 0) return;
  await db
    .deleteFrom('kept_images')
    .where('image_id', 'in', [...imageIds])
    .execute();
}
