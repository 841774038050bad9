import { type Insertable, type Selectable, sql } from 'kysely';
import type { HistoryTables } from './history-tables.ts';
import type { Queries } from './tables.ts';

type SessionKey = { readonly applicationId: string; readonly sessionId: string };

/** What is on record of a session's way. */
export type StandingRow = Pick<
  Selectable<HistoryTables['visits']>,
  'status' | 'status_sequence' | 'decided_at' | 'is_approved' | 'erased_at'
>;

/**
 * Locks a session's row, which is made when there is none: its first event may come before its first visit was written down.
 */
export async function lockVisit(
  tx: Queries,
  { applicationId, sessionId }: SessionKey,
  seen: { readonly subject: Buffer | null; readonly at: Date },
): Promise<StandingRow> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('visits')
    .values({
      application_id: applicationId,
      session_id: sessionId,
      phase: 0,
      subject: seen.subject,
      came_at: seen.at,
      seen_at: seen.at,
    })
    .onConflict((conflict) => conflict.columns(['application_id', 'session_id']).doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows) await countInHour(tx, applicationId, 'sessions', seen.at);
  return tx
    .selectFrom('visits')
    .select(['status', 'status_sequence', 'decided_at', 'is_approved', 'erased_at'])
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

/** Notes how a session stands. */
export async function updateStanding(
  tx: Queries,
  { applicationId, sessionId }: SessionKey,
  standing: Partial<Insertable<HistoryTables['visits']>>,
): Promise<void> {
  await tx
    .updateTable('visits')
    .set(standing)
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .execute();
}

/** Counts a session, or its first decision, in its hour. */
export async function countInHour(
  tx: Queries,
  applicationId: string,
  counted: 'sessions' | 'approved' | 'declined',
  at: Date,
): Promise<void> {
  const hour = new Date(Math.floor(at.getTime() / 3_600_000) * 3_600_000);
  await tx
    .insertInto('visit_hours')
    .values({ application_id: applicationId, hour, [counted]: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['application_id', 'hour'])
        .doUpdateSet({ [counted]: sql`visit_hours.${sql.ref(counted)} + 1` }),
    )
    .execute();
}

/** What is on record of one look; undefined: it was never assessed. */
export async function findLook(
  tx: Queries,
  { applicationId, sessionId }: SessionKey,
  attemptId: string,
): Promise<Selectable<HistoryTables['visit_looks']> | undefined> {
  return tx
    .selectFrom('visit_looks')
    .selectAll()
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .where('attempt_id', '=', attemptId)
    .executeTakeFirst();
}

/** Notes whether a look was taken for a person who is there. */
export async function noteLiveness(
  tx: Queries,
  { applicationId, sessionId }: SessionKey,
  attemptId: string,
  failed: boolean,
): Promise<void> {
  await tx
    .updateTable('visit_looks')
    .set({ liveness_failed: failed })
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .where('attempt_id', '=', attemptId)
    .execute();
}
