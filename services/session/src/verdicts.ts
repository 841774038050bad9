import type { Transaction } from '@selfsame/database/database';
import { saveTransition } from './announcements.ts';
import { noteBlocklists, visitEvidence } from './assessments.ts';
import type { Context } from './context.ts';
import type { AssessmentEvidence } from './domain/features/assessment.ts';
import type { Evidence, ReferenceOrigin } from './domain/features/evidence.ts';
import { isFailedLook } from './domain/lockout.ts';
import type { Session, StepUp } from './domain/session.ts';
import { attemptsLeft, takeBack, transition } from './domain/session-life.ts';
import { isStricter, methodOf, raised, sessionAdaptive, stepsOf, strictestRule } from './domain/step-up.ts';
import { implicitReports, judgeSteps, verdictOf } from './domain/verdict.ts';
import { livenessMethodOf } from './domain/workflow.ts';
import { countFailure, lockedUntil, unknownOrigin } from './lockouts.ts';
import { noteLook } from './look-metrics.ts';
import { withKnownSessions } from './matched-sessions.ts';
import { findLook } from './outbound/attempt-store.ts';
import { lockSession, saveSession, wasDeleted } from './outbound/session-store.ts';
import type { Tables } from './outbound/tables.ts';

/** What a look at a face found, as it came from the bus. */
export interface Capture {
  readonly sessionId: string;
  readonly applicationId: string;
  readonly attemptId: string;
  /** When the last byte of the frame had arrived, by the clock of capture. */
  readonly receivedAt: Date | undefined;
  /** What the look took at capture from then on; capture services of before do not say. */
  readonly tookMs: number | undefined;
  readonly evidence: Evidence;
}

/**
 * Judges evidence and ends the session with its verdict. Evidence that is late, repeated, without a grant or of a
 * session that is gone changes nothing. Runs in the transaction that marks the event as processed.
 * @returns gone: the session was deleted, and the evidence is about nobody any more
 */
export async function judgeCapture(
  context: Context,
  tx: Transaction<Tables>,
  capture: Capture,
): Promise<'judged' | 'ignored' | 'gone'> {
  const begunMs = performance.now();
  const session = await lockSession(tx, capture.applicationId, capture.sessionId);
  if (session === null) {
    context.log.info({ session_id: capture.sessionId }, 'evidence of an unknown or deleted session ignored');
    return (await wasDeleted(tx, capture.applicationId, capture.sessionId)) ? 'gone' : 'ignored';
  }
  noteLater(context, tx, session, capture.evidence.assessment ?? null);
  const now = new Date();
  const attemptId = capture.attemptId.toLowerCase();
  const evidence = await completeEvidence(tx, session, attemptId, capture.evidence);
  const steps = stepsOf(session);
  const reports = [
    ...judgeSteps(steps, evidence, session.reports ?? []),
    ...implicitReports(steps, evidence),
  ];
  const verdict = verdictOf(reports);
  const result = transition(session.state, { kind: 'decide', verdict, attemptId }, now);
  if ('refusal' in result) {
    context.log.info({ session_id: session.id, reason: result.refusal }, 'evidence ignored');
    return 'ignored';
  }
  if (!(await mayBeTold(context, tx, session, attemptId, isFailedLook(reports), now))) {
    context.log.info({ session_id: session.id, reason: 'locked_out' }, 'evidence ignored');
    const state = takeBack(session.state, attemptId);
    await saveSession(tx, { ...session, state }, { statusChangedAt: null });
    return 'ignored';
  }
  await saveTransition(context, tx, session, result, now, {
    reports,
    attempt: { kind: 'judged', id: attemptId, at: now, evidence: keptOf(capture.evidence), verdict },
    captureReceivedAt: capture.receivedAt,
    candidateId: capture.evidence.face?.candidateId,
    deviceName: provedDevice(capture.evidence.assessment ?? null),
    stepUp: stepUpOf(session, capture.evidence.assessment ?? null, now),
  });
  // Without a face nothing was measured: what the reports say then is from an earlier look.
  const measured = evidence.face === null ? [] : reports;
  context.database.onCommit(tx, () =>
    noteLook(session, { reports: measured, receivedAt: capture.receivedAt }),
  );
  noteFinished(context, tx, capture, begunMs);
  return 'judged';
}

/**
 * New sessions are let in as long as looks are judged in time. Both parts of that time are measured by a clock that only
 * rises, on its own machine: clocks of two are corrected now and then, and what they differ by is no wait.
 */
function noteFinished(
  { database, intake }: Context,
  tx: Transaction<Tables>,
  { tookMs }: Pick<Capture, 'tookMs'>,
  begunMs: number,
): void {
  if (tookMs === undefined) return;
  database.onCommit(tx, () => {
    const nowMs = performance.now();
    intake.looks.finished(tookMs + nowMs - begunMs, nowMs);
  });
}

/** Outside of this transaction: who creates a session holds its application first, and this one the session. */
function noteLater(
  { database, log }: Context,
  tx: Transaction<Tables>,
  { application }: Session,
  assessment: AssessmentEvidence | null,
): void {
  database.onCommit(tx, () => {
    noteBlocklists(database.db, application, assessment).catch((err: unknown) =>
      log.warn({ err, application_id: application.id }, 'whether there are blocklists could not be noted'),
    );
  });
}

/** Traits are anybody's: only a device that proved itself is vouched for later. */
function provedDevice(assessment: AssessmentEvidence | null): string | null {
  return assessment?.device.isProved === true ? assessment.device.fingerprint : null;
}

/** Scores and findings. Where the visit came from stays with the step that asked for it. */
function keptOf({ face, assessment = null }: Evidence): unknown {
  if (assessment === null) return { face, assessment };
  const { id, riskScore, riskLevel, listHits, stepUp, failures } = assessment;
  return { face, assessment: { id, riskScore, riskLevel, listHits, stepUp, failures } };
}

/** A look that calls for more than the openings did: should the session go back to its user, it asks for that. */
function stepUpOf(session: Session, assessment: AssessmentEvidence | null, now: Date): StepUp | undefined {
  const rule = assessment?.stepUp ?? null;
  if (rule === null || !sessionAdaptive(session).enabled) return undefined;
  if (!isStricter(rule.action, session.stepUp?.action ?? 'SKIP')) return undefined;
  const asked = livenessMethodOf(session.workflow.definition);
  return raised(session.stepUp, { assessment, asked, refusal: null }, now);
}

/** The look beside what this service knows itself. */
async function completeEvidence(
  tx: Transaction<Tables>,
  session: Session,
  attemptId: string,
  { face, assessment = null }: Evidence,
): Promise<Evidence> {
  const isPassive = methodOf(session) === 'PASSIVE';
  const matched = sessionAdaptive(session).enabled ? (assessment?.stepUp ?? null) : null;
  return {
    ...(await visitEvidence(tx, session, assessment)),
    askedStepUp: strictestRule(session.stepUp, matched),
    face: face && (await withKnownSessions(tx, session.application.id, face)),
    vendorData: session.vendorData,
    reference: referenceOf(session, face),
    issuedMethod: isPassive ? null : ((await findLook(tx, session.id, attemptId))?.method ?? null),
    attemptsUsedUp: attemptsLeft(session.state) === 0,
  };
}

/** Where the face comes from that a look of this session is compared with. */
function referenceOf(session: Session, face: Evidence['face']): ReferenceOrigin {
  if (session.hasPortrait) return 'portrait';
  if (face?.referenceGranted === true) return 'granted';
  return session.referenceApplicationId === null ? 'enrolled' : 'organization';
}

/**
 * Whether this look may be answered. Looks that were granted before their subject was locked are not: however many ran at
 * the same time, no more verdicts are told than failures are allowed.
 */
async function mayBeTold(
  context: Context,
  tx: Transaction<Tables>,
  session: Session,
  attemptId: string,
  failed: boolean,
  now: Date,
): Promise<boolean> {
  if (!failed) return (await lockedUntil(context, tx, session, unknownOrigin, now)) === null;
  const origin = (await findLook(tx, session.id, attemptId)) ?? unknownOrigin;
  return countFailure(context, tx, session, origin, now);
}
