import type { Transaction } from '@selfsame/database/database';
import type { SqlBool } from 'kysely';
import { sql } from 'kysely';
import type { LivenessMethod } from '../domain/features/liveness-method.ts';
import type { Session } from '../domain/session.ts';
import type { Verdict } from '../domain/status.ts';
import { isOneOf, unfinishedStatuses, verdicts } from '../domain/status.ts';
import { selectSessions, toSession } from './select-sessions.ts';
import type { Queries, Tables } from './tables.ts';
import type { Use } from './usage-store.ts';
import { useStatement } from './usage-store.ts';

type Tx = Transaction<Tables>;

/** Reads a session by the digest of its token. */
export async function findSessionByToken(db: Queries, tokenSha256: Uint8Array): Promise<Session | null> {
  const row = await selectSessions(db)
    .where('s.token_sha256', '=', Buffer.from(tokenSha256))
    .executeTakeFirst();
  return row ? toSession(row) : null;
}

/** The same, holding the row's lock until the transaction ends. */
export async function lockSessionByToken(tx: Tx, tokenSha256: Uint8Array): Promise<Session | null> {
  const row = await selectSessions(tx)
    .where('s.token_sha256', '=', Buffer.from(tokenSha256))
    .forUpdate('s')
    .executeTakeFirst();
  return row ? toSession(row) : null;
}

/** Reads a session of an application; others' sessions do not exist for it. */
export async function findSession(db: Queries, applicationId: string, id: string): Promise<Session | null> {
  const row = await selectSessions(db)
    .where('s.id', '=', id)
    .where('s.application_id', '=', applicationId)
    .executeTakeFirst();
  return row ? toSession(row) : null;
}

/** The same, holding the row's lock until the transaction ends. */
export async function lockSession(tx: Tx, applicationId: string, id: string): Promise<Session | null> {
  const row = await selectSessions(tx)
    .where('s.id', '=', id)
    .where('s.application_id', '=', applicationId)
    .forUpdate('s')
    .executeTakeFirst();
  return row ? toSession(row) : null;
}

/** Locks the session that is overdue longest, leaving `skipped` and those that another sweeper or a user holds. */
export async function lockDueSessionId(
  tx: Tx,
  now: Date,
  skipped: readonly string[],
): Promise<{ id: string; applicationId: string } | null> {
  const row = await tx
    .selectFrom('sessions')
    .select(['id', 'application_id as applicationId'])
    .where('deleted_at', 'is', null)
    .where('expires_at', '<=', now)
    .where('status', 'in', sql<(typeof unfinishedStatuses)[number]>`(${unfinishedList})`)
    .where(sql<SqlBool>`id <> ALL (${[...skipped]}::uuid[])`)
    .orderBy('expires_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  return row ?? null;
}

/** Literals, so that the planner can use the partial index. */
const unfinishedList = sql.join(unfinishedStatuses.map((status) => sql.lit(status)));

/** As far back as the newest decision on a subject is looked for: sessions of before were decided before, too. */
const decidedSessions = 20;

/** What was decided last about the subject of this session, in whichever of its sessions; null: nothing, or nobody. */
export async function findLastVerdict(
  db: Queries,
  { application, vendorData }: Pick<Session, 'application' | 'vendorData'>,
): Promise<Verdict | null> {
  if (vendorData === null) return null;
  const row = await db
    .selectFrom((from) =>
      from
        .selectFrom('sessions')
        .select(['status', 'status_changed_at'])
        .where('application_id', '=', application.id)
        .where('vendor_data', '=', vendorData)
        .where('deleted_at', 'is', null)
        .where('status', 'in', [...verdicts])
        .orderBy('session_number', 'desc')
        .limit(decidedSessions)
        .as('decided'),
    )
    .select('status')
    .orderBy('status_changed_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined && isOneOf(verdicts, row.status) ? row.status : null;
}

/** Whether a session of this id was deleted by this application. */
export async function wasDeleted(db: Queries, applicationId: string, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('sessions')
    .select('id')
    .where('id', '=', id)
    .where('application_id', '=', applicationId)
    .where('deleted_at', 'is not', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** A look that is granted or judged together with the change of its session. */
export type AttemptChange =
  | {
      readonly kind: 'granted';
      readonly id: string;
      readonly at: Date;
      /** Where it comes from, as keyed digests; null where that is unknown. */
      readonly origin: { readonly device: Buffer | null; readonly network: Buffer | null };
      /** Of the challenge that it answers; null: of none. */
      readonly method: LivenessMethod | null;
      /** SHA-256 of all its pictures; null when nobody told. */
      readonly pictures: Buffer | null;
    }
  | {
      readonly kind: 'judged';
      readonly id: string;
      readonly at: Date;
      readonly evidence: unknown;
      readonly verdict: string;
    };

/**
 * Saves a session that this transaction has locked, together with its attempt and what it costs, in one round trip.
 * @param change.use what it costs from now on, unless it was counted before
 */
export async function saveSession(
  tx: Tx,
  session: Session,
  change: { statusChangedAt: Date | null; attempt?: AttemptChange | undefined; use?: Use | null },
): Promise<void> {
  const { state, reports } = session;
  await tx
    .with('attempt', () => sql<{ id: string }>`(${attemptStatement(session.id, change.attempt)})`)
    .with('use', () => sql<{ id: string }>`(${useStatement(change.use ?? null)})`)
    .updateTable('sessions')
    .set((eb) => ({
      status: state.status,
      attempts: sql<string[]>`${[...state.attempts]}::uuid[]`,
      void_attempts: sql<string[]>`${[...state.voidAttempts]}::uuid[]`,
      challenges_issued: sql<Date[]>`${[...state.challengesIssued]}::timestamptz[]`,
      challenges_drawn: sql<Date[]>`${[...state.challengesDrawn]}::timestamptz[]`,
      expires_at: state.expiresAt,
      sequence: session.sequence,
      reports: reports === null ? null : JSON.stringify(reports),
      candidate_id: session.candidateId,
      step_up: session.stepUp === null ? null : JSON.stringify(session.stepUp),
      device_name: session.deviceName,
      status_changed_at: change.statusChangedAt ?? eb.ref('status_changed_at'),
    }))
    .where('id', '=', session.id)
    .execute();
}

function attemptStatement(sessionId: string, attempt: AttemptChange | undefined) {
  if (attempt === undefined) return sql`SELECT ${sessionId}::uuid AS id`;
  if (attempt.kind === 'granted') {
    const { id, at, origin, method, pictures } = attempt;
    return sql`
      INSERT INTO attempts (session_id, attempt_id, granted_at, device_sha256, network_sha256, method, pictures_sha256)
      VALUES (${sessionId}, ${id}, ${at}, ${origin.device}, ${origin.network}, ${method}, ${pictures})
      ON CONFLICT (session_id, attempt_id) DO UPDATE
        SET granted_at = excluded.granted_at, evidence = NULL, verdict = NULL, judged_at = NULL,
          device_sha256 = excluded.device_sha256, network_sha256 = excluded.network_sha256,
          method = excluded.method, pictures_sha256 = excluded.pictures_sha256,
          counted_at = CASE WHEN attempts.pictures_sha256 = excluded.pictures_sha256 THEN attempts.counted_at END
      RETURNING session_id AS id`;
  }
  return sql`
    UPDATE attempts
    SET evidence = ${JSON.stringify(attempt.evidence)}, verdict = ${attempt.verdict}, judged_at = ${attempt.at},
      device_sha256 = NULL, network_sha256 = NULL
    WHERE session_id = ${sessionId} AND attempt_id = ${attempt.id}
    RETURNING session_id AS id`;
}
