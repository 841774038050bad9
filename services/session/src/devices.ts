import type { Context } from './context.ts';
import { unknownSession } from './looks.ts';
import { findSessionByToken } from './outbound/session-store.ts';

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
