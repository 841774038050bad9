import type { Observation } from '@selfsame/contracts/fraud_signals/v1/observation';
import { saveTransition } from './announcements.ts';
import { assessOpening, noteBlocklists } from './assessments.ts';
import type { Context } from './context.ts';
import type { Session } from './domain/session.ts';
import type { Command } from './domain/session-life.ts';
import { isOpenTo, transition } from './domain/session-life.ts';
import { holdsVisitNonce, visitNonce } from './domain/visit-nonce.ts';
import type { HostedPage } from './hosted-page.ts';
import { hostedPage } from './hosted-page.ts';
import { lockedUntil, unknownOrigin, visitOrigin } from './lockouts.ts';
import { accepted, unknownSession } from './looks.ts';
import { planOpening } from './openings.ts';
import { findSessionByToken, lockSessionByToken } from './outbound/session-store.ts';

// Sessions are found by the SHA-256 of their token: what a comparison could leak by its timing is a digest that the
// caller cannot steer.

/** A session as its page needs it. */
export interface Visit {
  readonly session: Session;
  /** Until when no picture of this user is looked at; null when no lock is in force. */
  readonly lockedUntil: Date | null;
  readonly page: HostedPage;
  /** What the page signs when it opens the session. */
  readonly visitNonce: string;
  /** The page has signed a nonce that is over, or not ours; it may open once more with this one. */
  readonly wantsProofAgain: boolean;
  /** The user may go on without a selfie, and is told that a press does it. */
  readonly offersSkip: boolean;
}

/** What was seen of a browser that opens a session. */
export interface Seen {
  /** undefined from callers that cannot tell */
  readonly observation: Observation | undefined;
  /** What the observation's key has signed; empty when nothing was signed. */
  readonly visitNonce: string;
  /** The user has pressed to go on without a selfie, and the key has signed that. */
  readonly continues: boolean;
}

/** Reads a session by the digest of its token. @throws Failure `session_not_found` */
export async function readHostedSession(context: Context, tokenSha256: Uint8Array): Promise<Visit> {
  return visit(context, (await findSessionByToken(context.database.db, tokenSha256)) ?? unknownSession());
}

/**
 * The user has entered: what is known of device and network decides what they have to show, or that they are offered to go
 * on without a selfie. Only who comes back to do that is approved, when all of it holds once more. A page whose proof is over opens all the same, and is assessed when it comes back with a new one.
 * @returns the session as it is now @throws Failure `session_not_found`
 */
export async function openSession(context: Context, tokenSha256: Uint8Array, seen: Seen): Promise<Visit> {
  const { observation, continues } = seen;
  const before = (await findSessionByToken(context.database.db, tokenSha256)) ?? unknownSession();
  const now = new Date();
  const claims = (observation?.device?.keySha256.length ?? 0) > 0;
  const holds = holdsVisitNonce(context.links.tokenKey, before.id, seen.visitNonce, now);
  if (claims && !holds) {
    const session = await step(context, tokenSha256, () => ({ kind: 'open' }));
    return { ...(await visit(context, session)), wantsProofAgain: isOpenTo(session.state, now) };
  }
  const assessment =
    observation !== undefined && isOpenTo(before.state, now)
      ? await assessOpening(context, before, observation, now)
      : null;
  await noteBlocklists(context.database.db, before.application, assessment);
  const planned = {
    assessment,
    isProved: claims,
    continues: continues && claims,
    address: observation?.ipAddress ?? '',
    origin: visitOrigin(context, before.application.id, observation),
  };
  const { session, offersSkip } = await context.database.transaction(async (tx) => {
    const locked = (await lockSessionByToken(tx, tokenSha256)) ?? unknownSession();
    const enteredAt = new Date();
    const plan = await planOpening(context, tx, locked, planned, enteredAt);
    const result = accepted(transition(locked.state, { kind: plan.command }, enteredAt), enteredAt);
    const saved = await saveTransition(context, tx, locked, result, enteredAt, plan.details);
    return { session: saved, offersSkip: plan.offersSkip };
  });
  return { ...(await visit(context, session)), offersSkip };
}

async function visit(context: Context, session: Session): Promise<Visit> {
  const now = new Date();
  const [until, page] = await Promise.all([
    lockedUntil(context, context.database.db, session, unknownOrigin, now),
    hostedPage(context, session),
  ]);
  const nonce = visitNonce(context.links.tokenKey, session.id, now);
  return { session, lockedUntil: until, page, visitNonce: nonce, wantsProofAgain: false, offersSkip: false };
}

/** The user has left before a verdict. @throws Failure `session_not_found` */
export async function leaveSession(context: Context, tokenSha256: Uint8Array): Promise<Session> {
  return step(context, tokenSha256, (session) => ({
    kind: 'leave',
    strict: session.application.strictStatuses,
  }));
}

async function step(
  context: Context,
  tokenSha256: Uint8Array,
  command: (session: Session) => Command,
): Promise<Session> {
  return context.database.transaction(async (tx) => {
    const session = (await lockSessionByToken(tx, tokenSha256)) ?? unknownSession();
    const now = new Date();
    const result = accepted(transition(session.state, command(session), now), now);
    return saveTransition(context, tx, session, result, now);
  });
}
