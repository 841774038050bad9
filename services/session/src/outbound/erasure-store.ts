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

/** The erasure of a person that is not over; null: none is. */
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
    .executeTakeFirst();
  return row ?? null;
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
): Promise<Pick<Erasure, 'id' | 'session_ids'>[]> {
  return db
    .selectFrom('erasures')
    .select(['id', 'session_ids'])
    .where('state', '=', state)
    .orderBy('requested_at')
    .limit(limit)
    .execute();
}

/** Notes what has gone so far. */
export async function addProgress(
  tx: Tx,
  erasure: Erasure,
  progress: { sessionIds: readonly string[]; removed: Readonly<Record<string, number>> },
): Promise<Erasure> {
  const removed: Record<string, number> = { ...erasure.removed };
  for (const [kind, count] of Object.entries(progress.removed)) removed[kind] = (removed[kind] ?? 0) + count;
  const session_ids = [...erasure.session_ids, ...progress.sessionIds];
  await tx
    .updateTable('erasures')
    .set({ session_ids: sql<string[]>`${session_ids}::uuid[]`, removed: JSON.stringify(removed) })
    .where('id', '=', erasure.id)
    .execute();
  return { ...erasure, session_ids, removed };
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
    .set({ state: 'erased', erased_at: now, certificate, session_ids: sql<string[]>`'{}'` })
    .where('id', '=', id)
    .execute();
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
