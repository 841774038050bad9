import { prepared } from '@selfsame/database/prepared';
import { type Selectable, sql } from 'kysely';
import type { AssessmentTables } from './assessment-tables.ts';
import type { Queries } from './tables.ts';

/** An assessment as it is kept. */
export type AssessmentRecord = Selectable<AssessmentTables['assessments']>;

/**
 * Keeps an assessment, unless its session was deleted meanwhile. One round trip, which does not wait for the disk: what a crash
 * of the database takes along was never known, and whoever looks for it finds nothing and approves nothing.
 */
export async function insertAssessment(db: Queries, record: AssessmentRecord): Promise<void> {
  const { facts, step_up } = record;
  await keepAssessment(db, {
    ...record,
    facts: facts === null ? null : JSON.stringify(facts),
    rules: JSON.stringify(record.rules),
    reasons: JSON.stringify(record.reasons),
    counts: JSON.stringify(record.counts),
    step_up: step_up === null ? null : JSON.stringify(step_up),
  });
}

const keepAssessment = prepared<Record<keyof AssessmentRecord, unknown>>(
  'insert_assessment',
  (value) => sql`
    WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
    INSERT INTO assessments (
      id, application_id, session_id, attempt_id, phase, subject_hash, address_hash, device_hash, facts, rules, score, level,
      reasons, counts, step_up, failures, blocked_by, catalogue_version, assessed_at, raw_until
    )
    SELECT ${value('id')}::uuid, ${value('application_id')}::uuid, ${value('session_id')}::uuid, ${value('attempt_id')}::text,
      ${value('phase')}::text, ${value('subject_hash')}::bytea, ${value('address_hash')}::bytea, ${value('device_hash')}::bytea,
      ${value('facts')}::jsonb, ${value('rules')}::jsonb, ${value('score')}::float8, ${value('level')}::text,
      ${value('reasons')}::jsonb, ${value('counts')}::jsonb, ${value('step_up')}::jsonb, ${value('failures')}::text[],
      ${value('blocked_by')}::uuid[], ${value('catalogue_version')}::text, ${value('assessed_at')}::timestamptz, ${value('raw_until')}::timestamptz
    FROM quick
    WHERE NOT EXISTS (SELECT FROM erased_sessions WHERE session_id = ${value('session_id')}::uuid)`,
);

/** @returns null when there is none */
export async function findAssessment(db: Queries, id: string): Promise<AssessmentRecord | null> {
  const found = await db.selectFrom('assessments').selectAll().where('id', '=', id).executeTakeFirst();
  return found ?? null;
}

/** Deletes all that was made of a session, what is on its way included. */
export async function eraseSession(db: Queries, sessionId: string): Promise<void> {
  await sql`INSERT INTO erased_sessions (session_id) VALUES (${sessionId}) ON CONFLICT DO NOTHING`.execute(
    db,
  );
  await sql`DELETE FROM assessments WHERE session_id = ${sessionId}`.execute(db);
}

/** The same for every session of a subject. */
export async function eraseSubject(db: Queries, subjectHash: Buffer): Promise<void> {
  await sql`
    WITH gone AS (DELETE FROM assessments WHERE subject_hash = ${subjectHash} RETURNING session_id)
    INSERT INTO erased_sessions (session_id) SELECT DISTINCT session_id FROM gone ON CONFLICT DO NOTHING`.execute(
    db,
  );
}

/** Erases facts, and the rules that were asked of them, once their time has passed. @returns how many, at most `limit` */
export async function eraseRawValues(db: Queries, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    UPDATE assessments SET facts = NULL, rules = '[]', blocked_by = '{}' WHERE id IN (
      SELECT id FROM assessments WHERE facts IS NOT NULL AND raw_until < now() LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )`.execute(db);
  return Number(numAffectedRows);
}

/** Forgets what is older than anything is kept. @returns how many, at most `limit` */
export async function pruneAssessments(
  db: Queries,
  options: { olderThanDays: number; limit: number },
): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM assessments WHERE id IN (
      SELECT id FROM assessments WHERE assessed_at < now() - ${options.olderThanDays} * interval '1 day'
      LIMIT ${options.limit} FOR UPDATE SKIP LOCKED
    )`.execute(db);
  return Number(numAffectedRows);
}

const erasedDays = 7;

/** Deletes what was written down in the same moment in which its session was deleted. */
export async function pruneStragglers(db: Queries): Promise<void> {
  await sql`DELETE FROM assessments USING erased_sessions WHERE assessments.session_id = erased_sessions.session_id`.execute(
    db,
  );
}

/** Forgets which sessions were deleted, long after the last of them could still be on its way. */
export async function pruneErased(db: Queries, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM erased_sessions WHERE session_id IN (
      SELECT session_id FROM erased_sessions WHERE erased_at < now() - ${erasedDays} * interval '1 day'
      LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )`.execute(db);
  return Number(numAffectedRows);
}
