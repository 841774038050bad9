import { sql } from 'kysely';
import type { ImportDecision, Tables } from './tables.ts';
import type { SessionKey } from './template-store.ts';

/** So late may a grant come after what was decided about its import. */
const DECISIONS_KEPT_DAYS = 30;

/** Lets nobody else grant by an import, or follow what becomes of it, until the transaction ends. */
export async function holdImport(db: Tables, sessionId: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('import'), hashtext(${sessionId}))`.execute(db);
}

/** Notes a decision, unless a later one is noted; Declined stays. @returns the one that counts */
export async function noteDecision(
  db: Tables,
  { applicationId, sessionId }: SessionKey,
  { sequence, status }: { sequence: number; status: ImportDecision },
): Promise<ImportDecision> {
  const row = await db
    .insertInto('import_decisions')
    .values({ application_id: applicationId, session_id: sessionId, sequence, status })
    .onConflict((conflict) =>
      conflict.columns(['application_id', 'session_id']).doUpdateSet({
        sequence: sql`greatest(import_decisions.sequence, excluded.sequence)`,
        status: sql`CASE
          WHEN 'Declined' IN (import_decisions.status, excluded.status) THEN 'Declined'
          WHEN excluded.sequence < import_decisions.sequence THEN import_decisions.status
          ELSE excluded.status END`,
      }),
    )
    .returning('status')
    .executeTakeFirstOrThrow();
  return row.status;
}

/** What became of an import so far; undefined before anything is known. */
export async function findOutcome(
  db: Tables,
  { applicationId, sessionId }: SessionKey,
): Promise<ImportDecision | 'deleted' | undefined> {
  const deleted = await db
    .selectFrom('followed_sessions')
    .select('deleted')
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .where('deleted', '=', true)
    .executeTakeFirst();
  if (deleted !== undefined) return 'deleted';
  const decided = await db
    .selectFrom('import_decisions')
    .select('status')
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
  return decided?.status;
}

/** Removes what is known of one import. */
export async function dropDecision(db: Tables, { applicationId, sessionId }: SessionKey): Promise<void> {
  await db
    .deleteFrom('import_decisions')
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .execute();
}

/** Removes decisions that no grant comes after any more. */
export async function dropOldDecisions(db: Tables): Promise<void> {
  await sql`
    DELETE FROM import_decisions
    WHERE decided_at < now() - make_interval(days => ${DECISIONS_KEPT_DAYS}::integer)`.execute(db);
}
