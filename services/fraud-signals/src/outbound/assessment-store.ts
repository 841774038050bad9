import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { AssessmentTables } from './assessment-tables.ts';
import type { Queries } from './tables.ts';

/** An assessment as it is kept. */
export type AssessmentRecord = Selectable<AssessmentTables['assessments']>;

const columnTypes = {
  id: 'uuid',
  application_id: 'uuid',
  session_id: 'uuid',
  attempt_id: 'text',
  phase: 'text',
  subject_hash: 'bytea',
  address_hash: 'bytea',
  device_hash: 'bytea',
  facts: 'jsonb',
  rules: 'jsonb',
  score: 'float8',
  level: 'text',
  reasons: 'jsonb',
  counts: 'jsonb',
  step_up: 'jsonb',
  failures: 'text[]',
  blocked_by: 'uuid[]',
  catalogue_version: 'text',
  assessed_at: 'timestamptz',
  raw_until: 'timestamptz',
} as const satisfies Record<keyof AssessmentRecord, string>;
const columns = Object.keys(columnTypes) as (keyof AssessmentRecord)[];

/** The values of assessmentInsertion: assessment_ and the name of a column. */
export type AssessmentValues = { [Column in keyof AssessmentRecord as `assessment_${Column}`]: unknown };

/** null: there is no assessment to keep. */
export function assessmentValues(record: AssessmentRecord | null): AssessmentValues {
  const entries = columns.map((column) => {
    const value = record?.[column] ?? null;
    const isJson = value !== null && columnTypes[column] === 'jsonb';
    return [`assessment_${column}`, isJson ? JSON.stringify(value) : value];
  });
  return Object.fromEntries(entries);
}

/** Keeps an assessment, unless its session was deleted meanwhile. Part of the statement that remembers the visit. */
export function assessmentInsertion(value: (key: keyof AssessmentValues) => RawBuilder<unknown>) {
  const values = columns.map(
    (column) => sql`${value(`assessment_${column}`)}::${sql.raw(columnTypes[column])}`,
  );
  return sql`
    INSERT INTO assessments (${sql.join(columns.map((column) => sql.ref(column)))}) SELECT ${sql.join(values)}
    WHERE ${value('assessment_id')}::uuid IS NOT NULL
      AND NOT EXISTS (SELECT FROM erased_sessions WHERE session_id = ${value('assessment_session_id')}::uuid)`;
}

/** @returns null when there is none */
export async function findAssessment(db: Queries, id: string): Promise<AssessmentRecord | null> {
  const found = await db.selectFrom('assessments').selectAll().where('id', '=', id).executeTakeFirst();
  return found ?? null;
}

/** Deletes all that was made of a session, what is on its way included. @returns how many moments */
export async function eraseSession(db: Queries, sessionId: string): Promise<number> {
  await sql`INSERT INTO erased_sessions (session_id) VALUES (${sessionId}) ON CONFLICT DO NOTHING`.execute(
    db,
  );
  const { numAffectedRows } = await sql`DELETE FROM assessments WHERE session_id = ${sessionId}`.execute(db);
  return Number(numAffectedRows ?? 0n);
}

/** The same for every session of a subject, but for moments after `before`. @returns how many moments */
export async function eraseSubject(db: Queries, subjectHash: Buffer, before?: Date): Promise<number> {
  const { rows } = await sql<{ erased: number }>`
    WITH gone AS (
      DELETE FROM assessments WHERE subject_hash = ${subjectHash} AND assessed_at <= coalesce(${before ?? null}::timestamptz, 'infinity')
      RETURNING session_id
    ), noted AS (
      INSERT INTO erased_sessions (session_id) SELECT DISTINCT session_id FROM gone ON CONFLICT DO NOTHING
    )
    SELECT count(*) AS erased FROM gone`.execute(db);
  return rows[0]?.erased ?? 0;
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
