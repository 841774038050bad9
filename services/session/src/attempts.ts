import type { Transaction } from '@selfsame/database/database';
import type { Failure } from '@selfsame/runtime/errors';
import { errorCode } from '@selfsame/runtime/errors';
import { createCounter } from '@selfsame/runtime/metrics';
import { saveTransition } from './announcements.ts';
import type { AnsweredChallenge } from './challenges.ts';
import { answerChallenge } from './challenges.ts';
import type { Context } from './context.ts';
import type { Session } from './domain/session.ts';
import { transition } from './domain/session-life.ts';
import type { Origin } from './lockouts.ts';
import { countFailure, lockedUntil, originOf } from './lockouts.ts';
import type { LookDigests } from './looks.ts';
import { acceptedLook, lockedFailure, readAttemptId, unknownSession } from './looks.ts';
import type { Assessable } from './outbound/assessed-session.ts';
import { assessableSession } from './outbound/assessed-session.ts';
import { findLook, findOpenLooks, markCounted } from './outbound/attempt-store.ts';
import { lockSessionByToken } from './outbound/session-store.ts';
import type { Tables } from './outbound/tables.ts';

const refusals = createCounter('selfsame_session_attempts_refused_total', 'Looks that were not granted.', [
  'reason',
]);
/** What may be wrong with a look; anything else is a failure of ours. */
const refusalReasons = [
  'session_not_found',
  'attempt_id_invalid',
  'session_finished',
  'session_expired',
  'attempts_used_up',
  'attempt_void',
  'locked_out',
  'challenge_stale',
];
// The first of each is an increase, too.
for (const reason of refusalReasons) refusals.add({ reason }, 0);

/** A look that was granted. */
export interface Grant {
  readonly session: Session;
  /** What the look answers; null when nothing was issued for it, which only PASSIVE allows. */
  readonly answered: AnsweredChallenge | null;
  /** The session as it was before this look, for those who assess it. */
  readonly assessable: Assessable;
}

interface BegunLook extends LookDigests {
  readonly attemptId: string;
  readonly nonce: string;
  readonly picturesSha256: Uint8Array;
}

/**
 * Grants one look at the user's face and uses its challenge up; a repeated attempt keeps its grant and its challenge,
 * within bounds. Other pictures under its id are another attempt.
 * @param look.nonce what came back with the frames; empty when nothing did
 * @param look.picturesSha256 32 bytes that name all pictures together; anything else: nobody told
 * @throws Failure `session_not_found`, `attempt_id_invalid`, `session_finished`, `session_expired`, `attempts_used_up`,
 *   `attempt_void` (the next look needs a new id), `locked_out` (with the milliseconds that are left), `challenge_stale`
 */
export async function beginAttempt(
  context: Context,
  tokenSha256: Uint8Array,
  look: BegunLook,
): Promise<Grant> {
  try {
    return await grantLook(context, tokenSha256, look);
  } catch (error) {
    const reason = errorCode(error);
    if (refusalReasons.includes(reason)) refusals.add({ reason });
    throw error;
  }
}

async function grantLook(context: Context, tokenSha256: Uint8Array, look: BegunLook): Promise<Grant> {
  const attemptId = readAttemptId(look.attemptId);
  const pictures = look.picturesSha256.length === 32 ? Buffer.from(look.picturesSha256) : null;
  const begun = await context.database.transaction(async (tx): Promise<Grant | { locked: Failure }> => {
    const session = (await lockSessionByToken(tx, tokenSha256)) ?? unknownSession();
    const now = new Date();
    const isRepeated = session.state.attempts.includes(attemptId);
    const before = isRepeated ? await findLook(tx, session.id, attemptId) : null;
    const hasOtherPictures = pictures !== null && before?.pictures?.equals(pictures) === false;
    const wanted = transition(session.state, { kind: 'begin_attempt', attemptId, hasOtherPictures }, now);
    const origin = originOf(context, session.application.id, look);
    const result = await acceptedLook(context, tx, session, origin, wanted, now);
    if (!isRepeated || hasOtherPictures) {
      // The count stays although the look is refused: that is why this is returned and not thrown.
      const until = await countOpenLooks(context, tx, session, origin, now);
      if (until !== null) return { locked: lockedFailure(until, now) };
    }
    const answered = await answerChallenge(
      context,
      tx,
      session,
      { attemptId, nonce: look.nonce, pictures },
      now,
    );
    const method = answered?.challenge.method ?? null;
    const attempt = { kind: 'granted', id: attemptId, at: now, origin, method, pictures } as const;
    const next = await saveTransition(context, tx, session, result, now, { attempt });
    return { session: next, answered, assessable: assessableSession(session, attemptId) };
  });
  if ('locked' in begun) throw begun.locked;
  return begun;
}

/**
 * Looks of an active method that led to no verdict count as failures as soon as the next try begins: a challenge that is
 * missed on purpose would otherwise tell, as often as one likes, that nothing else was found wrong.
 * @returns until when the session is locked by that; null when it is not
 */
async function countOpenLooks(
  context: Context,
  tx: Transaction<Tables>,
  session: Session,
  origin: Origin,
  now: Date,
): Promise<Date | null> {
  const { attempts } = session.state;
  const open = attempts.length === 0 ? [] : await findOpenLooks(tx, session.id, attempts);
  if (open.length === 0) return null;
  for (const look of open) await countFailure(context, tx, session, look, now);
  await markCounted(tx, session.id, open, now);
  return lockedUntil(context, tx, session, origin, now);
}
