import type { FaceEvidence } from '@selfsame/contracts/biometrics/v1/evidence';
import type { Subject } from '@selfsame/contracts/biometrics/v1/service';
import { captureCompleted, captureEventId } from '@selfsame/contracts/catalog';
import type { BeginAttemptResponse, HostedSession } from '@selfsame/contracts/session/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { answeredChallenge } from './answered-challenge.ts';
import { assessLook } from './assessment.ts';
import type { Capture } from './capture.ts';
import { captureSignals } from './capture-signals.ts';
import type { Context } from './context.ts';
import { type Arrival, sinceArrival } from './domain/arrival.ts';
import type { Origin } from './domain/device.ts';
import { isProofValid, picturesText } from './domain/device-proof.ts';
import { phaseOf, toldUntil } from './domain/session-phase.ts';
import type { Observed } from './observed.ts';
import { problemOf } from './problems.ts';
import { hostedSession } from './sessions.ts';
import type { AttemptAnswer } from './wire.ts';

/** One upload. The token itself never gets this far. */
export interface Upload {
  readonly tokenSha256: Buffer;
  /** UUID chosen by the page; a repeated upload repeats it. */
  readonly attemptId: string;
  readonly capture: Capture;
  readonly origin: Origin;
  readonly observed: Observed;
  readonly arrival: Arrival;
}

/** While stopping, a verdict gets this long to come; then the page asks another replica. */
const lastVerdictWaitMs = 1_000;
/** The shortest lock there is, should the time that is left of one be missing. */
const shortestLockMs = 60_000;

/**
 * One look at the user's face: granted by session, judged by biometrics, told to the bus, answered with the verdict.
 * A repeated upload joins the first one; other pictures under its id go their own way to session, which decides.
 * @throws Failure `session_expired`, `not_found`, or what a neighbour or the bus refused
 */
export function takeAttempt(context: Context, upload: Upload): Promise<AttemptAnswer> {
  const { tokenSha256, attemptId, capture } = upload;
  const look = { attemptId, pictures: capture.picturesSha256.toString('hex') };
  return context.openAttempts.once(tokenSha256.toString('hex'), look, () => lookOnce(context, upload));
}

async function lookOnce(context: Context, upload: Upload): Promise<AttemptAnswer> {
  const begun = await begin(context, upload);
  if ('over' in begun) return answerOf(begun.over);
  if ('isVoid' in begun) return { result: 'renew' };
  if ('isStale' in begun) return { result: 'stale' };
  if ('lockedUntil' in begun) return { result: 'locked', until: toldUntil(begun.lockedUntil) };
  const { grant } = begun;
  // A session service of before challenges cannot say what the frames answer: another replica can.
  if (grant.challenge === undefined && isAnswer(upload.capture)) {
    throw new Failure('unavailable', 'challenge_unread', 'The challenge could not be read.', {
      retryable: true,
    });
  }
  const { evidence, isSigned } = await verify(context, upload, grant);
  const problem = problemOf(evidence, grant.retriesUncertain);
  // The last attempt is reported even when it shows nothing, so that the session ends.
  if (problem !== undefined && grant.attemptsLeft > 0) {
    return { result: 'retry', problem, attempts_left: grant.attemptsLeft };
  }
  const assessment = await assessLook(context, { ...upload, grant, evidence, isSigned });
  const expected = context.verdicts.expect(grant.sessionId);
  try {
    await context.bus.publish(captureCompleted, captureEventId(grant.sessionId, upload.attemptId), {
      sessionId: grant.sessionId,
      applicationId: grant.applicationId,
      attemptId: upload.attemptId,
      receivedAt: upload.arrival.endedAt,
      tookMs: sinceArrival(upload.arrival),
      evidence,
      assessment,
    });
    const { stopping, config } = context;
    const waitMs = stopping.aborted
      ? Math.min(lastVerdictWaitMs, config.verdictWaitMs)
      : config.verdictWaitMs;
    const verdict = await expected.within(waitMs);
    if (verdict !== null) return { result: 'verdict', ...verdict };
  } finally {
    expected.forget();
  }
  return await askOnce(context, upload);
}

/**
 * A grant; or the session that gives none any more: it is finished, expired, or its attempts are spent; or the end of a
 * lock; or an id whose look was judged and taken back; or a challenge that is over. Whatever the picture shows: nobody
 * has looked at it.
 */
type Begun =
  | { readonly grant: BeginAttemptResponse }
  | { readonly over: HostedSession }
  | { readonly lockedUntil: Date }
  | { readonly isVoid: true }
  | { readonly isStale: true };

async function begin({ neighbours }: Context, upload: Upload): Promise<Begun> {
  const { tokenSha256, attemptId, origin, capture } = upload;
  try {
    return {
      grant: await neighbours.session.beginAttempt({
        tokenSha256,
        attemptId,
        nonce: capture.nonce,
        picturesSha256: capture.picturesSha256,
        ...origin,
      }),
    };
  } catch (error) {
    if (!(error instanceof Failure && error.kind === 'precondition')) throw error;
    if (error.code === 'locked_out') {
      return { lockedUntil: new Date(Date.now() + (error.retryAfterMs ?? shortestLockMs)) };
    }
    if (error.code === 'attempt_void') return { isVoid: true };
    if (error.code === 'challenge_stale') return { isStale: true };
    return { over: hostedSession((await neighbours.session.readSession({ tokenSha256 })).session) };
  }
}

/** Whether these pictures were taken to answer an active challenge. */
const isAnswer = ({ nonce, frames }: Capture) => nonce !== '' && frames.length > 0;

interface Seen {
  readonly evidence: FaceEvidence;
  /** Whether the device has signed the pictures; undefined where no signature came. */
  readonly isSigned: boolean | undefined;
}

/** What biometrics finds in the pictures, with what is known of how they came to be. */
async function verify(
  { neighbours, config }: Context,
  { attemptId, capture, arrival }: Upload,
  grant: BeginAttemptResponse,
): Promise<Seen> {
  const answered = grant.challenge && answeredChallenge(grant.challenge, capture, arrival.begunAt);
  const challenge = answered?.challenge;
  const { proof, nonce, picturesSha256 } = capture;
  const [{ evidence }, isSigned] = await Promise.all([
    neighbours.biometrics.verify(
      {
        applicationId: grant.applicationId,
        sessionId: grant.sessionId,
        attemptId,
        vendorData: grant.vendorData,
        image: capture.image,
        reference: grant.reference,
        referenceSubject: referenceSubject(grant),
        keepCandidate: grant.enrols,
        adaptsTemplate: grant.adaptsTemplate,
        retainsImages: grant.retainsImages,
        search: grant.search,
        // Frames that nobody asked for answer nothing.
        frames: challenge === undefined ? [] : [...capture.frames],
        challenge,
      },
      { deadline: challenge === undefined ? config.verifyTimeoutMs : config.challengeTimeoutMs },
    ),
    proof && isProofValid(proof, picturesText(nonce, picturesSha256)),
  ]);
  if (evidence === undefined) {
    throw new Failure('internal', 'evidence_missing', 'The picture could not be judged.');
  }
  const ours = captureSignals(capture, grant.challenge, answered, isSigned);
  return { evidence: { ...evidence, mediaSignals: [...evidence.mediaSignals, ...ours] }, isSigned };
}

/** Whose face it is compared with, where that is not the session's own subject. */
function referenceSubject({ referenceApplicationId, vendorData }: BeginAttemptResponse): Subject | undefined {
  return referenceApplicationId === '' ? undefined : { applicationId: referenceApplicationId, vendorData };
}

/** The event may have passed this replica by: one direct question before the page starts to poll. */
async function askOnce(context: Context, { tokenSha256 }: Upload): Promise<AttemptAnswer> {
  try {
    return answerOf(hostedSession((await context.neighbours.session.readSession({ tokenSha256 })).session));
  } catch (error) {
    // The frame is safe on the bus; what is missing is only the news of it.
    if (error instanceof Failure && error.retryable) return { result: 'pending' };
    throw error;
  }
}

function answerOf(session: HostedSession): AttemptAnswer {
  switch (phaseOf(session, new Date())) {
    case 'finished':
      return { result: 'verdict', status: session.status, callback: session.callback };
    case 'locked':
      return { result: 'locked', until: toldUntil(session.lockedUntil ?? new Date()) };
    case 'expired':
      throw new Failure('precondition', 'session_expired', 'This link has expired.');
    default:
      return { result: 'pending' };
  }
}
