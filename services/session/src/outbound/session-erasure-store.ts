import type { Transaction } from '@selfsame/database/database';
import type { SelectQueryBuilder } from 'kysely';
import { sql } from 'kysely';
import type { SessionType } from '../domain/session.ts';
import type { Tables } from './tables.ts';

type Tx = Transaction<Tables>;

/** A session that is about to be deleted, its row locked. */
export interface LockedSession {
  readonly id: string;
  readonly number: number;
  readonly type: SessionType;
  readonly createdAt: Date;
}

/** Which sessions of an application; those that were deleted are none. */
export interface Selection {
  readonly numbers?: readonly number[];
  readonly after?: number;
  readonly through?: number;
  readonly vendorData?: string;
  /** That entered their status before. */
  readonly unchangedSince?: Date;
  /** Those that somebody else holds are left to them; otherwise they are waited for. */
  readonly skipLocked?: boolean;
}

/** Locks sessions by number, the order in which everybody locks several. */
export async function lockSessions(
  tx: Tx,
  applicationId: string,
  selection: Selection,
  limit: number,
): Promise<LockedSession[]> {
  const locked = narrowed(tx, applicationId, selection)
    .select(['id', 'session_number as number', 'session_type as type', 'created_at as createdAt'])
    .orderBy('session_number')
    .limit(limit)
    .forUpdate();
  return (selection.skipLocked ? locked.skipLocked() : locked).execute();
}

/** Whether there is such a session. */
export async function hasSessions(tx: Tx, applicationId: string, selection: Selection): Promise<boolean> {
  const row = await narrowed(tx, applicationId, selection).select('id').limit(1).executeTakeFirst();
  return row !== undefined;
}

function narrowed(tx: Tx, applicationId: string, selection: Selection) {
  const { numbers, after, through, vendorData, unchangedSince } = selection;
  let query: SelectQueryBuilder<Tables, 'sessions', object> = tx
    .selectFrom('sessions')
    .where('application_id', '=', applicationId)
    .where('deleted_at', 'is', null);
  if (numbers !== undefined)
    query = query.where(sql<boolean>`session_number = ANY (${[...numbers]}::bigint[])`);
  if (after !== undefined) query = query.where('session_number', '>', after);
  if (through !== undefined) query = query.where('session_number', '<=', through);
  if (vendorData !== undefined) query = query.where('vendor_data', '=', vendorData);
  if (unchangedSince !== undefined) query = query.where('status_changed_at', '<', unchangedSince);
  return query;
}

/** What went with sessions. */
export interface ErasedParts {
  readonly looks: number;
  readonly reviews: number;
}

/** Marks locked sessions deleted and erases what they knew of their person. What stays names nobody: see docs/life-of-data.md. */
export async function eraseSessions(tx: Tx, ids: readonly string[], now: Date): Promise<ErasedParts> {
  const theirs = sql<boolean>`session_id = ANY (${[...ids]}::uuid[])`;
  await tx
    .updateTable('sessions')
    .set({
      deleted_at: now,
      attempts: sql<string[]>`'{}'`,
      void_attempts: sql<string[]>`'{}'`,
      challenges_issued: sql<Date[]>`'{}'`,
      challenges_drawn: sql<Date[]>`'{}'`,
      has_portrait: false,
      reference_application_id: null,
      vendor_data: null,
      callback: null,
      metadata: null,
      language: null,
      contact_details: null,
      expected_details: null,
      reports: null,
      candidate_id: null,
      adaptive: null,
      step_up: null,
      device_name: null,
      shared_from: null,
    })
    .where(sql<boolean>`id = ANY (${[...ids]}::uuid[])`)
    .execute();
  const looks = await tx.deleteFrom('attempts').where(theirs).executeTakeFirst();
  await tx.deleteFrom('challenges').where(theirs).execute();
  const reviews = await tx.deleteFrom('reviews').where(theirs).executeTakeFirst();
  return { looks: Number(looks.numDeletedRows), reviews: Number(reviews.numDeletedRows) };
}
