import type { Context } from './context.ts';
import type { Session } from './domain/session.ts';
import { unknownSession } from './looks.ts';
import { findSession, findSessionByToken } from './outbound/session-store.ts';

/**
 * The user does not want to be recognised on this device any more: it is forgotten before this resolves.
 * @throws Failure `session_not_found`, or that of fraud-signals, so that nobody believes it was done
 */
export async function forgetDevice(context: Context, tokenSha256: Uint8Array): Promise<void> {
  const session = (await findSessionByToken(context.database.db, tokenSha256)) ?? unknownSession();
  await context.fraudSignals.forgetDevice({
    applicationId: session.application.id,
    vendorData: session.vendorData ?? '',
    sessionId: session.id,
  });
}

/** Whom a session was about, for lists that are made from sessions. */
export interface SessionDescription {
  readonly number: number;
  readonly vendorData: string;
  readonly email: string;
  readonly phone: string;
}

/** @returns null when the application has no such session */
export async function describeSession(
  context: Context,
  applicationId: string,
  sessionId: string,
): Promise<SessionDescription | null> {
  const session = await findSession(context.database.db, applicationId, sessionId);
  if (session === null) return null;
  return { number: session.number, vendorData: session.vendorData ?? '', ...contactOf(session) };
}

/** How the application says that the user is reached; empty where it says nothing. */
function contactOf({ contactDetails }: Session): { email: string; phone: string } {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return { email: text(contactDetails?.email), phone: text(contactDetails?.phone) };
}
