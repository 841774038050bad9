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
  /** SHA-256 of the pictures that answered it; null before, or when nobody told. */
  readonly picturesSha256: Buffer | null;
}

/** From the draw to the arrival of the frames: guidance, the challenge itself and a slow link fit in. */
const lifetimeMs = 90_000;
/** An upload whose answer got lost is sent again within this time of the first one. */
const repeatedWithinMs = 300_000;
/**
 * A plan that was drawn and not used is asked again for this long, whoever asks: afterwards too little of its life is left
 * to perform and send it.
 */
const drawHoldsMs = 45_000;
/** Rows are of use this long after they were used or over: to tell what comes late. */
const keptMs = 3_600_000;

/** A challenge that is issued now. `drawn`: a plan that was drawn earlier and still holds. */
export function issueChallenge(
  target: { readonly sessionId: string; readonly attemptId: string },
  drawn: { readonly plan: ChallengePlan; readonly drawnAt: Date },
  now: Date,
): Challenge {
  const { plan, drawnAt } = drawn;
  const expiresAt = new Date(drawnAt.getTime() + lifetimeMs);
  const unused = { usedAt: null, picturesSha256: null };
  return { ...target, method: plan.method, plan, drawnAt, issuedAt: now, expiresAt, ...unused };
}

/** Plans that were drawn after this time and not used still hold. */
export function drawsHoldSince(now: Date): Date {
  return new Date(now.getTime() - drawHoldsMs);
}

/**
 * Whether pictures that arrive now may answer it: the first ones before its end, and the same ones again soon after.
 * @param pictures their SHA-256; null when nobody told: then they repeat nothing
 */
export function takes(challenge: Challenge, pictures: Buffer | null, now: Date): boolean {
  const { usedAt, picturesSha256, expiresAt } = challenge;
  if (usedAt === null) return now < expiresAt;
  const areTheSame = pictures !== null && picturesSha256 !== null && pictures.equals(picturesSha256);
  return areTheSame && now.getTime() < usedAt.getTime() + repeatedWithinMs;
}

/** Until when its row is kept. */
export function keptUntil({ usedAt, expiresAt }: Challenge): Date {
  return new Date((usedAt ?? expiresAt).getTime() + keptMs);
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
