import type { Transaction } from '@selfsame/database/database';
import { type Selectable, sql } from 'kysely';
import type { Confirmation, ErasureState, KeptKind, RemovedKind } from '../domain/erasure.ts';
import type { ErasureTables } from './erasure-tables.ts';
import type { Queries, Tables } from './tables.ts';

type Tx = Transaction<Tables>;

export type Erasure = Selectable<ErasureTables['erasures']>;

/** The last number that the application has given to a session, its row locked until the transaction ends. */
export async function lockNumbers(tx: Tx, applicationId: string): Promise<number> {
  const row = await tx
    .selectFrom('applications')
    .select('last_session_number')
    .where('id', '=', applicationId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  return row.last_session_number;
}

/** The latest erasure of a person that is not over; null: none is under way. */
export async function findPending(
  db: Queries,
  applicationId: string,
  userPid: string,
): Promise<Erasure | null> {
  const row = await db
    .selectFrom('erasures')
    .selectAll()
    .where('application_id', '=', applicationId)
    .where('user_pid', '=', userPid)
    .where('state', '!=', 'erased')
    .orderBy('through_number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** Notes the application's name for an instruction that came later. @returns false when there is one, or it is over */
export async function adoptInstruction(tx: Tx, id: string, instructionId: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('erasures')
    .set({ instruction_id: instructionId })
    .where('id', '=', id)
    .where('instruction_id', 'is', null)
    .where('state', '!=', 'erased')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** When an application has asked for erasures since that took no session along, the oldest first. */
export async function listEmptyErasures(db: Queries, applicationId: string, since: Date): Promise<Date[]> {
  const rows = await db
    .selectFrom('erasures')
    .select('requested_at')
    .where('application_id', '=', applicationId)
    .where('requested_at', '>', since)
    .where(sql<boolean>`removed->>'sessions' = '0'`)
    .orderBy('requested_at')
    .execute();
  return rows.map(({ requested_at }) => requested_at);
}

/** Whether this service has not said yet that it has forgotten the person. */
export async function isAwaited(
  db: Queries,
  person: { applicationId: string; userPid: string; service: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('erasures as e')
    .select('e.id')
    .where('e.application_id', '=', person.applicationId)
    .where('e.user_pid', '=', person.userPid)
    .where('e.state', 'in', ['deleting', 'told'])
    .where(
      sql<boolean>`NOT EXISTS (
        SELECT FROM erasure_confirmations AS c WHERE c.erasure_id = e.id AND c.service = ${person.service})`,
    )
    .executeTakeFirst();
  return row !== undefined;
}

export async function insertErasure(
  tx: Tx,
  erasure: Pick<
    Erasure,
    | 'id'
    | 'application_id'
    | 'user_pid'
    | 'vendor_data'
    | 'after_number'
    | 'through_number'
    | 'instruction_id'
    | 'requested_at'
  >,
): Promise<Erasure> {
  return tx
    .insertInto('erasures')
    .values({ ...erasure, state: 'deleting', told_at: null, erased_at: null, certificate: null })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** An erasure in one of these states, locked; null when it is not, or somebody else holds it. */
export async function takeErasure(tx: Tx, id: string, state: ErasureState): Promise<Erasure | null> {
  const row = await tx
    .selectFrom('erasures')
    .selectAll()
    .where('id', '=', id)
    .where('state', '=', state)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  return row ?? null;
}

export async function listAtWork(
  db: Queries,
  state: 'deleting' | 'confirmed',
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('erasures')
    .select('id')
    .where('state', '=', state)
    .orderBy('requested_at')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** Notes what has gone so far. @param progress.inEvent of its sessions, so many as fit into the event, from the first */
export async function addProgress(
  tx: Tx,
  erasure: Erasure,
  progress: { sessionIds: readonly string[]; inEvent: number; removed: Readonly<Record<string, number>> },
): Promise<Erasure> {
  const removed: Record<string, number> = { ...erasure.removed };
  for (const [kind, count] of Object.entries(progress.removed)) removed[kind] = (removed[kind] ?? 0) + count;
  await tx
    .updateTable('erasures')
    .set({ removed: JSON.stringify(removed) })
    .where('id', '=', erasure.id)
    .execute();
  await sql`
    INSERT INTO erasure_sessions (erasure_id, session_id, in_event)
    SELECT ${erasure.id}, s.id, s.nth <= ${progress.inEvent}
    FROM unnest(${[...progress.sessionIds]}::uuid[]) WITH ORDINALITY AS s (id, nth)`.execute(tx);
  return { ...erasure, removed };
}

/** Sessions of an erasure that the other services hear of by its event. */
export async function listInEvent(db: Queries, erasureId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('erasure_sessions')
    .select('session_id')
    .where('erasure_id', '=', erasureId)
    .where('in_event', '=', true)
    .orderBy('session_id')
    .execute();
  return rows.map(({ session_id }) => session_id);
}

/** A session that went with a person. */
export interface ErasedSession {
  readonly erasureId: string;
  readonly sessionId: string;
}

/** All sessions of these erasures, page by page. @param after the last one of the page before; null: from the first */
export async function listErasedSessions(
  db: Queries,
  erasureIds: readonly string[],
  after: ErasedSession | null,
  limit: number,
): Promise<ErasedSession[]> {
  const { rows } = await sql<ErasedSession>`
    SELECT erasure_id AS "erasureId", session_id AS "sessionId" FROM erasure_sessions
    WHERE erasure_id = ANY (${[...erasureIds]}::uuid[])
      AND (${after === null} OR (erasure_id, session_id) > (${after?.erasureId ?? null}::uuid, ${after?.sessionId ?? null}::uuid))
    ORDER BY erasure_id, session_id LIMIT ${limit}`.execute(db);
  return rows;
}

/** The other services have been told: nothing here needs the name any more. */
export async function noteTold(tx: Tx, id: string, now: Date): Promise<void> {
  await tx
    .updateTable('erasures')
    .set({ state: 'told', told_at: now, vendor_data: null })
    .where('id', '=', id)
    .execute();
}

/** Waits for whoever holds the erasure. @returns null when there is none */
export async function lockErasure(tx: Tx, id: string): Promise<Erasure | null> {
  const row = await tx.selectFrom('erasures').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  return row ?? null;
}

/** What a service said first counts. */
export async function putConfirmation(tx: Tx, erasureId: string, confirmation: Confirmation): Promise<void> {
  await tx
    .insertInto('erasure_confirmations')
    .values({
      erasure_id: erasureId,
      service: confirmation.service,
      removed: JSON.stringify(confirmation.removed),
      kept: JSON.stringify(confirmation.kept),
      confirmed_at: confirmation.confirmedAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function listConfirmations(db: Queries, erasureId: string): Promise<Confirmation[]> {
  const rows = await db
    .selectFrom('erasure_confirmations')
    .selectAll()
    .where('erasure_id', '=', erasureId)
    .orderBy('service')
    .execute();
  return rows.map((row) => ({
    service: row.service,
    confirmedAt: row.confirmed_at,
    removed: row.removed as RemovedKind[],
    kept: row.kept as KeptKind[],
  }));
}

export async function noteConfirmed(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable('erasures')
    .set({ state: 'confirmed' })
    .where('id', '=', id)
    .where('state', '=', 'told')
    .execute();
}

/** It is over: what is left names nobody but by pseudonym. */
export async function noteErased(tx: Tx, id: string, certificate: string, now: Date): Promise<void> {
  await tx
    .updateTable('erasures')
    .set({ state: 'erased', erased_at: now, certificate })
    .where('id', '=', id)
    .execute();
  await tx.deleteFrom('erasure_sessions').where('erasure_id', '=', id).execute();
}

export async function findErasure(db: Queries, applicationId: string, id: string): Promise<Erasure | null> {
  const row = await db
    .selectFrom('erasures')
    .selectAll()
    .where('application_id', '=', applicationId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

/** Of these sessions, how many are accounted for. */
export async function countUsage(tx: Tx, sessionIds: readonly string[]): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) FROM usage WHERE session_id = ANY (${[...sessionIds]}::uuid[])`.execute(tx);
  return rows[0]?.count ?? 0;
}
