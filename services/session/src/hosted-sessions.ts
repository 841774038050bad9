import { saveTransition } from './announcements.ts';
import type { Context } from './context.ts';
import type { Session } from './domain/session.ts';
import type { Command } from './domain/session-life.ts';
import { transition } from './domain/session-life.ts';
import { visitNonce } from './domain/visit-nonce.ts';
import type { HostedPage } from './hosted-page.ts';
import { hostedPage } from './hosted-page.ts';
import { lockedUntil, unknownOrigin } from './lockouts.ts';
import { accepted, unknownSession } from './looks.ts';
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
  const now = new Date();
  const [until, page] = await Promise.all([
    lockedUntil(context, context.database.db, session, unknownOrigin, now),
    hostedPage(context, session),
  ]);
  const nonce = visitNonce(context.links.tokenKey, session.id, now);
  return { session, lockedUntil: until, page, visitNonce: nonce };
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
