import type { HostedSession } from '@selfsame/contracts/session/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import type { Context } from './context.ts';
import {
  continuingText,
  type DeviceProof,
  isProofValid,
  keyDigest,
  openingText,
} from './domain/device-proof.ts';
import { phaseOf, toldUntil } from './domain/session-phase.ts';
import { noKey, type Observed, observationOf } from './observed.ts';
import type { LivenessMethod, SessionView } from './wire.ts';

/** The session of an answer, which protobuf allows to be absent and session never leaves out. */
export function hostedSession(session: HostedSession | undefined): HostedSession {
  if (session === undefined)
    throw new Failure('internal', 'session_missing', 'The session could not be read.');
  return session;
}

/** How a page opens its session. */
export interface Opening {
  readonly tokenSha256: Buffer;
  /** Empty: none came. */
  readonly visitNonce: string;
  /** Over the nonce. */
  readonly proof: DeviceProof | undefined;
  /** The user has pressed to go on without a selfie; counts where the proof is over that. */
  readonly continues: boolean;
  readonly observed: Observed;
}

/**
 * The user is here: the session is In Progress from now on, or Approved where they go on without a selfie. Whether the nonce is one of its own, and
 * still good, session knows.
 * @throws Failure `not_found`
 */
export async function openSession(context: Context, opening: Opening): Promise<SessionView> {
  const { tokenSha256, proof, continues, visitNonce, observed } = opening;
  const text = continues ? continuingText(visitNonce) : openingText(visitNonce);
  const isSigned = proof !== undefined && visitNonce !== '' && (await isProofValid(proof, text));
  const { session: answered } = await context.neighbours.session.openSession({
    tokenSha256,
    observation: observationOf(observed, isSigned ? keyDigest(proof) : noKey),
    visitNonce: isSigned ? visitNonce : '',
    continues: continues && isSigned,
  });
  const session = hostedSession(answered);
  context.knownSessions.learn(tokenSha256, session);
  return viewOf(session);
}

/** Where the session stands; changes nothing. @throws Failure `not_found` */
export async function readSession(context: Context, tokenSha256: Buffer): Promise<SessionView> {
  return viewOf(await readHosted(context, tokenSha256));
}

/** The same with what the page is built from: its appearance, and who may embed it. @throws Failure `not_found` */
export async function readHosted(context: Context, tokenSha256: Buffer): Promise<HostedSession> {
  const session = hostedSession((await context.neighbours.session.readSession({ tokenSha256 })).session);
  context.knownSessions.learn(tokenSha256, session);
  return session;
}

/**
 * Lets a picture in: the token leads to a session that is not over. Mostly answered from memory; BeginAttempt decides, and
 * an attempt that comes after the verdict is answered with it.
 * @throws Failure `session_not_found`, `session_expired`
 */
export async function demandSession({ knownSessions }: Context, tokenSha256: Buffer): Promise<void> {
  const phase = phaseOf(await knownSessions.find(tokenSha256), new Date());
  if (phase === 'expired') throw new Failure('precondition', 'session_expired', 'This link has expired.');
}

/**
 * The user has gone. A frame that is being judged is judged to its end first: its verdict counts, and after a verdict
 * there is nothing to leave.
 */
export async function leaveSession(context: Context, tokenSha256: Buffer): Promise<void> {
  await context.openAttempts.settled(tokenSha256.toString('hex'));
  await context.neighbours.session.leaveSession({ tokenSha256 });
}

/** The user does not want to be recognised on this device any more. @throws Failure `not_found` */
export async function forgetDevice({ neighbours }: Context, tokenSha256: Buffer): Promise<void> {
  await neighbours.session.forgetDevice({ tokenSha256 });
}

/** What the page may know of a session, appearance included. */
export function viewOf(session: HostedSession): SessionView {
  const { lockedUntil, appearance } = session;
  const phase = phaseOf(session, new Date());
  return {
    session_id: session.sessionId,
    application_name: session.applicationName,
    status: session.status,
    phase,
    language: session.language,
    callback: session.callback,
    callback_method: callbackMethodOf(session.callbackMethod),
    callback_seconds: appearance?.callbackSeconds ?? null,
    method: methodOf(session.livenessMethod) ?? 'PASSIVE',
    other_methods: session.otherMethods.flatMap((method) => methodOf(method) ?? []),
    // A session service of before this choice names no method, and had no page for phones alone.
    is_desktop_allowed: session.isDesktopAllowed || session.callbackMethod === '',
    fallback_url: session.fallbackUrl,
    privacy_policy_url: appearance?.privacyPolicyUrl ?? '',
    skips_welcome: appearance?.skipWelcomeScreen ?? false,
    hides_progress: appearance?.hideProgressBar ?? false,
    // The monogram's place is a square.
    logo_url: appearance?.logoSquareUrl || appearance?.logoRectangularUrl || '',
    enrols: session.enrols,
    matches: session.matches,
    retains_images: session.retainsImages,
    attempts_left: session.attemptsLeft,
    locked_until: phase === 'locked' && lockedUntil !== undefined ? toldUntil(lockedUntil) : null,
    visit_nonce: session.visitNonce,
    offers_skip: session.offersSkip,
    skipped_selfie: session.skippedSelfie,
    wants_proof_again: session.wantsProofAgain,
  };
}

const methods: readonly LivenessMethod[] = ['PASSIVE', 'FLASHING', 'ACTIVE_3D'];
const methodOf = (name: string) => methods.find((method) => method === name);

const callbackMethods = ['initiator', 'completer', 'both'] as const;
/** Who opened the session goes on, unless told otherwise. */
const callbackMethodOf = (name: string) => callbackMethods.find((method) => method === name) ?? 'initiator';
