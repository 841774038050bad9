import type { HostedSession } from '@selfsame/contracts/session/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import { phaseOf, toldUntil } from './domain/session-phase.ts';
import type { GuidanceAnswer, SessionView } from './wire.ts';

/** The session of an answer, which protobuf allows to be absent and session never leaves out. */
export function hostedSession(session: HostedSession | undefined): HostedSession {
  if (session === undefined)
    throw new Failure('internal', 'session_missing', 'The session could not be read.');
  return session;
}

/** The user is here: the session is In Progress from now on. @throws Failure `not_found` */
export async function openSession(context: Context, tokenSha256: Buffer): Promise<SessionView> {
  const session = hostedSession((await context.neighbours.session.openSession({ tokenSha256 })).session);
  context.knownSessions.learn(tokenSha256, session);
  return viewOf(session);
}

/** Where the session stands; changes nothing. @throws Failure `not_found` */
export async function readSession(context: Context, tokenSha256: Buffer): Promise<SessionView> {
  const session = hostedSession((await context.neighbours.session.readSession({ tokenSha256 })).session);
  context.knownSessions.learn(tokenSha256, session);
  return viewOf(session);
}

/**
 * Lets a picture in: the token leads to a session that is not over, or for `guidance`, to one that takes frames now.
 * Mostly answered from memory; BeginAttempt decides.
 * @throws Failure `session_not_found`, `session_expired`, `session_closed`
 */
export async function demandSession(
  { knownSessions }: Context,
  tokenSha256: Buffer,
  purpose: 'attempt' | 'guidance',
): Promise<void> {
  const phase = phaseOf(await knownSessions.find(tokenSha256), new Date());
  if (phase === 'expired') throw new Failure('precondition', 'session_expired', 'This link has expired.');
  // An attempt that comes after the verdict is answered with it.
  if (phase !== 'ready' && purpose === 'guidance') {
    throw new Failure('precondition', 'session_closed', 'This session takes no pictures any more.');
  }
}

/**
 * The user has gone. A frame that is being judged is judged to its end first: its verdict counts, and after a verdict
 * there is nothing to leave.
 */
export async function leaveSession(context: Context, tokenSha256: Buffer): Promise<void> {
  await context.openAttempts.settled(tokenSha256.toString('hex'));
  await context.neighbours.session.leaveSession({ tokenSha256 });
}

/** What a thumbnail shows. Nothing of it is kept. */
export async function guide({ neighbours }: Context, thumbnail: Buffer): Promise<GuidanceAnswer> {
  const seen = await neighbours.biometrics.analyse({ image: thumbnail }, { deadline: guidanceDeadlineMs });
  return { faces: seen.faceCount, box: seen.box ?? null, luminance: seen.luminance };
}

/** Later than this, the face has moved on. */
const guidanceDeadlineMs = 1_000;

function viewOf(session: HostedSession): SessionView {
  const { lockedUntil } = session;
  const phase = phaseOf(session, new Date());
  return {
    session_id: session.sessionId,
    application_name: session.applicationName,
    status: session.status,
    phase,
    language: session.language,
    callback: session.callback,
    enrols: session.enrols,
    matches: session.matches,
    attempts_left: session.attemptsLeft,
    locked_until: phase === 'locked' && lockedUntil !== undefined ? toldUntil(lockedUntil) : null,
  };
}
