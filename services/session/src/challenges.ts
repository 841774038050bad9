import { randomInt } from 'node:crypto';
import type { Transaction } from '@selfsame/database/database';
import { Failure } from '@selfsame/runtime/errors';
import { saveTransition } from './announcements.ts';
import type { Context } from './context.ts';
import type { Challenge } from './domain/challenge.ts';
import { challengeNonce, drawsHoldSince, isNonceOf, issueChallenge, takes } from './domain/challenge.ts';
import { planChallenge } from './domain/challenge-plan.ts';
import type { LivenessMethod } from './domain/features/liveness-method.ts';
import { otherMethods } from './domain/features/liveness-method.ts';
import type { Session } from './domain/session.ts';
import { transition } from './domain/session-life.ts';
import { methodOf } from './domain/step-up.ts';
import { originOf } from './lockouts.ts';
import type { LookDigests } from './looks.ts';
import { acceptedLook, readAttemptId, unknownSession } from './looks.ts';
import { findChallenges, findUnanswered, saveChallenge, useChallenge } from './outbound/challenge-store.ts';
import { lockSessionByToken } from './outbound/session-store.ts';
import type { Tables } from './outbound/tables.ts';

/** A challenge as the page gets it. */
export interface IssuedChallenge {
  readonly challenge: Challenge;
  /** Comes back with the frames. */
  readonly nonce: string;
}

/** A challenge that frames answer. */
export interface AnsweredChallenge {
  readonly challenge: Challenge;
  /** The nonce that came with the frames is the challenge's, and they came in time. */
  readonly nonceMatches: boolean;
}

/**
 * Issues what the look of an attempt has to answer. Asked again before it is answered and in time, the answer is the same.
 * An attempt that was granted may have another one: its page was reloaded, and its look begins anew.
 * @param wanted.method empty: the one that the workflow asks for
 * @throws Failure as `beginAttempt`, or `method_not_offered`
 */
export async function beginChallenge(
  context: Context,
  tokenSha256: Uint8Array,
  wanted: LookDigests & { readonly attemptId: string; readonly method: string },
): Promise<IssuedChallenge> {
  const attemptId = readAttemptId(wanted.attemptId);
  const challenge = await context.database.transaction(async (tx) => {
    const session = (await lockSessionByToken(tx, tokenSha256)) ?? unknownSession();
    const method = chooseMethod(session, wanted.method);
    const now = new Date();
    const unanswered = await findUnanswered(tx, session.id, method, drawsHoldSince(now));
    const known = unanswered.find((each) => each.attemptId === attemptId);
    // Nothing is asked of a passive look, so each has a life of its own.
    const drawn = method === 'PASSIVE' ? { plan: { method }, drawnAt: now } : unanswered[0];
    const needs = known ? 'nothing' : drawn ? 'nonce' : 'draw';
    const command = { kind: 'begin_challenge', attemptId, needs } as const;
    const origin = originOf(context, session.application.id, wanted);
    const wish = transition(session.state, command, now);
    const result = await acceptedLook(context, tx, session, origin, wish, now);
    if (known !== undefined) return known;
    const asked = drawn ?? { plan: planChallenge(method, randomInt), drawnAt: now };
    const issued = issueChallenge({ sessionId: session.id, attemptId }, asked, now);
    await saveChallenge(tx, issued);
    await saveTransition(context, tx, session, result, now);
    return issued;
  });
  return { challenge, nonce: challengeNonce(context.links.tokenKey, challenge) };
}

function chooseMethod(session: Session, wanted: string): LivenessMethod {
  const asked = methodOf(session);
  const offered = [asked, ...otherMethods(asked)];
  const chosen = wanted === '' ? asked : offered.find((method) => method === wanted);
  if (chosen !== undefined) return chosen;
  const words = `This session offers ${offered.join(', ')}.`;
  throw new Failure('invalid', 'method_not_offered', words);
}

/**
 * Uses up the challenge that the frames of an attempt answer, in the transaction that grants their look: afterwards it takes
 * the same pictures again for a while, and no others. A workflow that asks for an active method takes no frames without
 * it; one that asks for PASSIVE takes them, and tells.
 * @param look.pictures SHA-256 of all its pictures; null when nobody told
 * @returns null when none was issued for this attempt
 * @throws Failure `challenge_stale`
 */
export async function answerChallenge(
  context: Context,
  tx: Transaction<Tables>,
  session: Session,
  { attemptId, nonce, pictures }: { attemptId: string; nonce: string; pictures: Buffer | null },
  now: Date,
): Promise<AnsweredChallenge | null> {
  const issued = await findChallenges(tx, session.id, attemptId);
  const named = issued.find((each) => isNonceOf(context.links.tokenKey, each, nonce));
  if (named !== undefined && takes(named, pictures, now)) {
    if (named.usedAt === null) await useChallenge(tx, { ...named, usedAt: now, picturesSha256: pictures });
    return { challenge: named, nonceMatches: true };
  }
  if (methodOf(session) !== 'PASSIVE') {
    const words = 'The challenge of this look is over or was never issued; the next one needs a new one.';
    throw new Failure('precondition', 'challenge_stale', words);
  }
  const latest = named ?? issued[0];
  return latest === undefined ? null : { challenge: latest, nonceMatches: false };
}
