import { saveTransition } from './announcements.ts';
import type { AnsweredChallenge } from './challenges.ts';
import { answerChallenge } from './challenges.ts';
import type { Context } from './context.ts';
import type { Session } from './domain/session.ts';
import { transition } from './domain/session-life.ts';
import { originOf } from './lockouts.ts';
import type { LookDigests } from './looks.ts';
import { acceptedLook, readAttemptId, unknownSession } from './looks.ts';
import type { AttemptChange } from './outbound/session-store.ts';
import { lockSessionByToken } from './outbound/session-store.ts';

/** A look that was granted. */
export interface Grant {
  readonly session: Session;
  /** What the look answers; null when nothing was issued for it, which only PASSIVE allows. */
  readonly answered: AnsweredChallenge | null;
}

/**
 * Grants one look at the user's face and uses its challenge up; a repeated attempt keeps its grant and its challenge,
 * within bounds.
 * @param look.nonce what came back with the frames; empty when nothing did
 * @throws Failure `session_not_found`, `attempt_id_invalid`, `session_finished`, `session_expired`, `attempts_used_up`,
 *   `attempt_void` (the next look needs a new id), `locked_out` (with the milliseconds that are left), `challenge_stale`
 */
export async function beginAttempt(
  context: Context,
  tokenSha256: Uint8Array,
  look: LookDigests & { readonly attemptId: string; readonly nonce: string },
): Promise<Grant> {
  const attemptId = readAttemptId(look.attemptId);
  return context.database.transaction(async (tx) => {
    const session = (await lockSessionByToken(tx, tokenSha256)) ?? unknownSession();
    const now = new Date();
    const wanted = transition(session.state, { kind: 'begin_attempt', attemptId }, now);
    const origin = originOf(context, session.application.id, look);
    const result = await acceptedLook(context, tx, session, origin, wanted, now);
    const answered = await answerChallenge(context, tx, session, attemptId, look.nonce, now);
    const granted = result.facts.some((fact) => fact.kind === 'attempt_granted');
    const attempt: AttemptChange | undefined = granted
      ? { kind: 'granted', id: attemptId, at: now, origin }
      : undefined;
    return { session: await saveTransition(context, tx, session, result, now, { attempt }), answered };
  });
}
