import { Failure } from '@selfsame/runtime/errors';
import { saveTransition } from './announcements.ts';
import type { Context } from './context.ts';
import { isUuid } from './domain/ids.ts';
import type { Session } from './domain/session.ts';
import type { Command, Refusal } from './domain/session-life.ts';
import { transition } from './domain/session-life.ts';
import { lockedUntil, originOf, unknownOrigin } from './lockouts.ts';
import type { AttemptChange } from './outbound/session-store.ts';
import { findSessionByToken, lockSessionByToken } from './outbound/session-store.ts';

// Sessions are found by the SHA-256 of their token: what a comparison could leak by its timing is a digest that the
// caller cannot steer.

/** A session as its page needs it. */
export interface Visit {
  readonly session: Session;
  /** Until when no picture of this user is looked at; null when no lock is in force. */
  readonly lockedUntil: Date | null;
}

/** Reads a session by the digest of its token. @throws Failure `session_not_found` */
export async function readHostedSession(context: Context, tokenSha256: Uint8Array): Promise<Visit> {
  return visit(context, (await findSessionByToken(context.database.db, tokenSha256)) ?? unknownSession());
}

/** The user has entered. @returns the session as it is now @throws Failure `session_not_found` */
export async function openSession(context: Context, tokenSha256: Uint8Array): Promise<Visit> {
  return visit(context, await step(context, tokenSha256, () => ({ kind: 'open' })));
}

async function visit(context: Context, session: Session): Promise<Visit> {
  const until = await lockedUntil(context, context.database.db, session, unknownOrigin, new Date());
  return { session, lockedUntil: until };
}

/** The user has left before a verdict. @throws Failure `session_not_found` */
export async function leaveSession(context: Context, tokenSha256: Uint8Array): Promise<Session> {
  return step(context, tokenSha256, (session) => ({
    kind: 'leave',
    strict: session.application.strictStatuses,
  }));
}

/**
 * Grants one look at the user's face; a repeated attempt keeps its grant, within bounds.
 * @param digests name the device and the network that the picture comes from, 32 bytes each; empty when unknown
 * @throws Failure `session_not_found`, `attempt_id_invalid`, `session_finished`, `session_expired`, `attempts_used_up`,
 *   `attempt_void` (the next look needs a new id), `locked_out` (with the milliseconds that are left)
 */
export async function beginAttempt(
  context: Context,
  tokenSha256: Uint8Array,
  attemptId: string,
  digests: { readonly deviceSha256: Uint8Array; readonly networkSha256: Uint8Array },
): Promise<Session> {
  if (!isUuid(attemptId)) throw new Failure('invalid', 'attempt_id_invalid', 'attempt_id must be a UUID.');
  const id = attemptId.toLowerCase();
  return step(context, tokenSha256, () => ({ kind: 'begin_attempt', attemptId: id }), digests);
}

async function step(
  context: Context,
  tokenSha256: Uint8Array,
  command: (session: Session) => Command,
  digests?: Parameters<typeof originOf>[2],
): Promise<Session> {
  return context.database.transaction(async (tx) => {
    const session = (await lockSessionByToken(tx, tokenSha256)) ?? unknownSession();
    const now = new Date();
    const wanted = command(session);
    const result = transition(session.state, wanted, now);
    // Under a lock every picture is answered alike, whatever became of the look of its id.
    if ('refusal' in result && result.refusal !== 'attempt_void') throw refusalFailure(result.refusal);
    if (wanted.kind !== 'begin_attempt' || digests === undefined) {
      if ('refusal' in result) throw refusalFailure(result.refusal);
      return saveTransition(context, tx, session, result, now);
    }
    const origin = originOf(context, session.application.id, digests);
    const until = await lockedUntil(context, tx, session, origin, now);
    if (until !== null) throw lockedFailure(until, now);
    if ('refusal' in result) throw refusalFailure(result.refusal);
    const granted = result.facts.some((fact) => fact.kind === 'attempt_granted');
    const attempt: AttemptChange | undefined = granted
      ? { kind: 'granted', id: wanted.attemptId, at: now, origin }
      : undefined;
    return saveTransition(context, tx, session, result, now, { attempt });
  });
}

function unknownSession(): never {
  throw new Failure('not_found', 'session_not_found', 'No session has this link.');
}

function lockedFailure(until: Date, now: Date): Failure {
  const retryAfterMs = until.getTime() - now.getTime();
  const words = 'After too many tries that failed, no picture is looked at for a while.';
  return new Failure('precondition', 'locked_out', words, { retryAfterMs });
}

function refusalFailure(refusal: Refusal): Failure {
  switch (refusal) {
    case 'attempts_used_up':
      return new Failure('precondition', 'attempts_used_up', 'All attempts of this session are used up.');
    case 'attempt_void':
      return new Failure(
        'precondition',
        'attempt_void',
        'This look counts no more; the next one needs a new id.',
      );
    case 'expired':
      return new Failure('precondition', 'session_expired', 'The time of this session is over.');
    default:
      return new Failure('precondition', 'session_finished', 'This session takes no more pictures.');
  }
}
