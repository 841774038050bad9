import { Failure } from '@selfsame/runtime/errors';
import { saveTransition } from './announcements.ts';
import type { Context } from './context.ts';
import { isUuid } from './domain/ids.ts';
import type { Session } from './domain/session.ts';
import type { Command, Refusal } from './domain/session-life.ts';
import { transition } from './domain/session-life.ts';
import type { AttemptChange } from './outbound/session-store.ts';
import { findSessionByToken, lockSessionByToken } from './outbound/session-store.ts';

// Sessions are found by the SHA-256 of their token: what a comparison could leak by its timing is a digest that the
// caller cannot steer.

/** Reads a session by the digest of its token. @throws Failure `session_not_found` */
export async function readHostedSession(context: Context, tokenSha256: Uint8Array): Promise<Session> {
  return (await findSessionByToken(context.database.db, tokenSha256)) ?? unknownSession();
}

/** The user has entered. @returns the session as it is now @throws Failure `session_not_found` */
export async function openSession(context: Context, tokenSha256: Uint8Array): Promise<Session> {
  return step(context, tokenSha256, () => ({ kind: 'open' }));
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
 * @throws Failure `session_not_found`, `attempt_id_invalid`, `session_finished`, `session_expired`, `attempts_used_up`
 */
export async function beginAttempt(
  context: Context,
  tokenSha256: Uint8Array,
  attemptId: string,
): Promise<Session> {
  if (!isUuid(attemptId)) throw new Failure('invalid', 'attempt_id_invalid', 'attempt_id must be a UUID.');
  const id = attemptId.toLowerCase();
  return step(context, tokenSha256, () => ({ kind: 'begin_attempt', attemptId: id }));
}

async function step(
  context: Context,
  tokenSha256: Uint8Array,
  command: (session: Session) => Command,
): Promise<Session> {
  return context.database.transaction(async (tx) => {
    const session = (await lockSessionByToken(tx, tokenSha256)) ?? unknownSession();
    const now = new Date();
    const wanted = command(session);
    const result = transition(session.state, wanted, now);
    if ('refusal' in result) throw refusalFailure(result.refusal);
    const granted =
      wanted.kind === 'begin_attempt' && result.facts.some((fact) => fact.kind === 'attempt_granted');
    const attempt: AttemptChange | undefined = granted
      ? { kind: 'granted', id: wanted.attemptId, at: now }
      : undefined;
    return saveTransition(context, tx, session, result, now, { attempt });
  });
}

function unknownSession(): never {
  throw new Failure('not_found', 'session_not_found', 'No session has this link.');
}

function refusalFailure(refusal: Refusal): Failure {
  switch (refusal) {
    case 'attempts_used_up':
      return new Failure('precondition', 'attempts_used_up', 'All attempts of this session are used up.');
    case 'expired':
      return new Failure('precondition', 'session_expired', 'The time of this session is over.');
    default:
      return new Failure('precondition', 'session_finished', 'This session takes no more pictures.');
  }
}
