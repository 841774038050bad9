import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ChallengePlan } from './challenge-plan.ts';
import type { LivenessMethod } from './features/liveness-method.ts';
import { secretDigest } from './secrets.ts';

/** A challenge that was issued for one attempt of one session. */
export interface Challenge {
  readonly sessionId: string;
  readonly attemptId: string;
  readonly method: LivenessMethod;
  readonly plan: ChallengePlan;
  /** When its plan was drawn: before it was issued, where an earlier one was never used. */
  readonly drawnAt: Date;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** null until an attempt has answered it. */
  readonly usedAt: Date | null;
}

/** From its issue to the arrival of the frames: guidance, the challenge itself and a slow link fit in. */
const lifetimeMs = 90_000;
/** An upload whose answer got lost is sent again within this time of the first one. */
const repeatedWithinMs = 300_000;
/**
 * A plan that was drawn and not used is asked again for this long, whoever asks for another: a page could otherwise ask
 * until the order is the one that it has on tape.
 */
const drawHoldsMs = 600_000;
/** Rows are of use this long: unused ones for their plan, used ones until late evidence of their look can be judged. */
const keptMs = { unused: 3_600_000, used: 7 * 86_400_000 } as const;

/** A challenge that is issued now. `drawn`: a plan that was drawn earlier and still holds. */
export function issueChallenge(
  target: { readonly sessionId: string; readonly attemptId: string },
  drawn: { readonly plan: ChallengePlan; readonly drawnAt: Date },
  now: Date,
): Challenge {
  const { plan, drawnAt } = drawn;
  const expiresAt = new Date(now.getTime() + lifetimeMs);
  return { ...target, method: plan.method, plan, drawnAt, issuedAt: now, expiresAt, usedAt: null };
}

/** Plans that were drawn after this time and not used still hold. */
export function drawsHoldSince(now: Date): Date {
  return new Date(now.getTime() - drawHoldsMs);
}

/** Whether frames may still answer it for the first time. */
export function isOpen({ usedAt, expiresAt }: Challenge, now: Date): boolean {
  return usedAt === null && now < expiresAt;
}

/** Whether frames that arrive now are in time: the first ones before its end, repeated ones soon after the first. */
export function isInTime(challenge: Challenge, now: Date): boolean {
  const { usedAt } = challenge;
  return usedAt === null ? isOpen(challenge, now) : now.getTime() < usedAt.getTime() + repeatedWithinMs;
}

/** Until when its row is kept. */
export function keptUntil({ usedAt, expiresAt }: Challenge): Date {
  return new Date(usedAt === null ? expiresAt.getTime() + keptMs.unused : usedAt.getTime() + keptMs.used);
}

/**
 * What has to come back with the frames: 32 URL-safe characters. Derived, so that a repeated request gets the same one
 * although no table holds it.
 * @param key 32 secret bytes of the deployment
 */
export function challengeNonce(key: Uint8Array, challenge: Challenge): string {
  const { sessionId, attemptId, method, issuedAt } = challenge;
  const parts = ['challenge', sessionId, attemptId, method, issuedAt.toISOString()];
  return createHmac('sha256', key).update(parts.join('\0')).digest().subarray(0, 24).toString('base64url');
}

/** Whether this nonce is the challenge's; how long that takes says nothing about it. */
export function isNonceOf(key: Uint8Array, challenge: Challenge, nonce: string): boolean {
  return timingSafeEqual(secretDigest(nonce), secretDigest(challengeNonce(key, challenge)));
}
