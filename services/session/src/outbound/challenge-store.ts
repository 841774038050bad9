import type { Transaction } from '@selfsame/database/database';
import { sql } from 'kysely';
import type { Challenge } from '../domain/challenge.ts';
import { keptUntil } from '../domain/challenge.ts';
import type { LivenessMethod } from '../domain/features/liveness-method.ts';
import type { Queries, Tables } from './tables.ts';

type Tx = Transaction<Tables>;

/** Challenges of a session that nobody has answered and whose plan was drawn after `since`, the latest issued first. */
export async function findUnanswered(
  tx: Tx,
  sessionId: string,
  method: LivenessMethod,
  since: Date,
): Promise<Challenge[]> {
  const rows = await selectChallenges(tx)
    .where('session_id', '=', sessionId)
    .where('method', '=', method)
    .where('used_at', 'is', null)
    .where('drawn_at', '>', since)
    .orderBy('issued_at', 'desc')
    .execute();
  return rows.map(toChallenge);
}

/** Everything that was issued for an attempt, one of each method at most, the latest first. */
export async function findChallenges(tx: Tx, sessionId: string, attemptId: string): Promise<Challenge[]> {
  const rows = await selectChallenges(tx)
    .where('session_id', '=', sessionId)
    .where('attempt_id', '=', attemptId)
    .orderBy('issued_at', 'desc')
    .execute();
  return rows.map(toChallenge);
}

/** Saves an issued challenge in place of an earlier one of the same attempt and method. */
export async function saveChallenge(tx: Tx, challenge: Challenge): Promise<void> {
  const row = {
    plan: JSON.stringify(challenge.plan),
    drawn_at: challenge.drawnAt,
    issued_at: challenge.issuedAt,
    expires_at: challenge.expiresAt,
    used_at: challenge.usedAt,
    pictures_sha256: challenge.picturesSha256,
    kept_until: keptUntil(challenge),
  };
  await tx
    .insertInto('challenges')
    .values({
      session_id: challenge.sessionId,
      attempt_id: challenge.attemptId,
      method: challenge.method,
      ...row,
    })
    .onConflict((conflict) => conflict.columns(['session_id', 'attempt_id', 'method']).doUpdateSet(row))
    .execute();
}

/**
 * Marks a challenge as answered and removes the unanswered ones of its session that ask for the same: an order that was
 * shown once proves nothing a second time.
 */
export async function useChallenge(tx: Tx, challenge: Challenge): Promise<void> {
  const { sessionId, attemptId, method, usedAt, picturesSha256 } = challenge;
  await tx
    .with('used', (db) =>
      db
        .updateTable('challenges')
        .set({ used_at: usedAt, pictures_sha256: picturesSha256, kept_until: keptUntil(challenge) })
        .where('session_id', '=', sessionId)
        .where('attempt_id', '=', attemptId)
        .where('method', '=', method),
    )
    .deleteFrom('challenges')
    .where('session_id', '=', sessionId)
    .where('method', '=', method)
    .where('method', '<>', 'PASSIVE')
    .where('attempt_id', '<>', attemptId)
    .where('used_at', 'is', null)
    .where('drawn_at', '=', challenge.drawnAt)
    .execute();
}

/** Removes challenges that are of no use any more. @returns how many, `limit` at most */
export async function sweepChallenges(db: Queries, now: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM challenges WHERE (session_id, attempt_id, method) IN (
      SELECT session_id, attempt_id, method FROM challenges
      WHERE kept_until < ${now} ORDER BY kept_until LIMIT ${limit} FOR UPDATE SKIP LOCKED)`.execute(db);
  return Number(numAffectedRows ?? 0n);
}

function selectChallenges(tx: Tx) {
  return tx.selectFrom('challenges').selectAll();
}

type Row = Awaited<ReturnType<ReturnType<typeof selectChallenges>['execute']>>[number];

function toChallenge(row: Row): Challenge {
  return {
    sessionId: row.session_id,
    attemptId: row.attempt_id,
    method: row.method,
    plan: row.plan,
    drawnAt: row.drawn_at,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
    picturesSha256: row.pictures_sha256,
  };
}
