import { sessionStatusChanged } from '@selfsame/contracts/catalog';
import type { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';
import type { Transaction } from '@selfsame/database/database';
import { createCounter } from '@selfsame/runtime/metrics';
import type { Context } from './context.ts';
import type { DecisionSource } from './domain/decision-view.ts';
import { decisionOf, newestReviews } from './domain/decision-view.ts';
import type { FeatureReport } from './domain/features/feature.ts';
import { withFewerMatches } from './domain/features/ip-analysis-view.ts';
import type { ResubmitInfo } from './domain/resubmission.ts';
import type { Session, StepUp } from './domain/session.ts';
import type { Transition } from './domain/session-life.ts';
import type { Status } from './domain/status.ts';
import { decidedStatuses, isOneOf } from './domain/status.ts';
import { sessionsOfMatches } from './matched-sessions.ts';
import { dropFaceRetention } from './outbound/face-retention-store.ts';
import { listDecisionReviews } from './outbound/review-store.ts';
import type { AttemptChange } from './outbound/session-store.ts';
import { saveSession } from './outbound/session-store.ts';
import type { Tables } from './outbound/tables.ts';
import { useOf } from './usage.ts';

const statusChanges = createCounter(
  'selfsame_session_status_changes_total',
  'Statuses that sessions have entered, the one that they are created in included.',
  ['status', 'environment'],
);
const creations = createCounter(
  'selfsame_sessions_created_total',
  'Sessions by the application that began them.',
  ['application', 'environment'],
);
const skippedSelfies = createCounter(
  'selfsame_session_selfies_skipped_total',
  'Sessions that were approved without a look, by what is known of device and network.',
  ['environment'],
);

/** What comes with a transition. */
export interface TransitionDetails {
  readonly reports?: readonly FeatureReport[];
  readonly attempt?: AttemptChange | undefined;
  readonly resubmitInfo?: ResubmitInfo;
  /** When the frame behind a verdict arrived. */
  readonly captureReceivedAt?: Date | undefined;
  /** Of the look that the session rests on from now on; undefined when that stays as it is. */
  readonly candidateId?: string | null | undefined;
  /** Of that look likewise. */
  readonly deviceName?: string | null | undefined;
  /** What the session has to show from now on; undefined when that stays as it is. */
  readonly stepUp?: StepUp | undefined;
}

/**
 * Saves an accepted transition of a locked session and enqueues the news of it in the same transaction.
 * @returns the session as it is now
 */
export async function saveTransition(
  context: Context,
  tx: Transaction<Tables>,
  session: Session,
  transition: Extract<Transition, { facts: unknown }>,
  now: Date,
  details: TransitionDetails = {},
): Promise<Session> {
  if (transition.facts.length === 0 && details.stepUp === undefined) return session;
  const moved = transition.facts.find((fact) => fact.kind === 'status_changed');
  const next: Session = {
    ...session,
    state: transition.next,
    sequence: session.sequence + (moved ? 1 : 0),
    reports: details.reports ?? session.reports,
    candidateId: details.candidateId === undefined ? session.candidateId : details.candidateId,
    deviceName: details.deviceName === undefined ? session.deviceName : details.deviceName,
    stepUp: details.stepUp ?? session.stepUp,
    statusChangedAt: moved ? now : session.statusChangedAt,
  };
  await saveSession(tx, next, {
    statusChangedAt: moved ? now : null,
    attempt: details.attempt,
    use: moved ? useOf(context.prices, next, now) : null,
  });
  if (moved) await announceStatus(context, tx, next, moved.from, now, details);
  if (moved && details.stepUp?.skipped_selfie === true) {
    context.database.onCommit(tx, () => skippedSelfies.add({ environment: next.application.environment }));
  }
  if (moved && next.state.status === 'Approved') await keepNewFace(tx, next);
  return next;
}

/** A face that was to be forgotten at a time is replaced: what was asked was not about this one. */
async function keepNewFace(tx: Transaction<Tables>, session: Session): Promise<void> {
  const { application, vendorData } = session;
  if (!bringsFace(session) || vendorData === null) return;
  await dropFaceRetention(tx, { applicationId: application.id, vendorData });
}

/** Without a look there is no face to enrol. */
function bringsFace({ enrols, stepUp }: Session): boolean {
  return enrols && stepUp?.skipped_selfie !== true;
}

/** Enqueues that a session entered its status; `from` is null on creation. */
export async function announceStatus(
  context: Context,
  tx: Transaction<Tables>,
  session: Session,
  from: Status | null,
  now: Date,
  details: Pick<TransitionDetails, 'resubmitInfo' | 'captureReceivedAt' | 'attempt'> = {},
): Promise<void> {
  const message: SessionStatusChanged = {
    sessionId: session.id,
    applicationId: session.application.id,
    environment: session.application.environment,
    sequence: BigInt(session.sequence),
    status: session.state.status,
    previousStatus: from ?? '',
    workflowId: session.workflow.id ?? '',
    workflowVersion: session.workflow.version ?? 0,
    workflowType: session.type === 'API' ? '' : session.workflow.definition.workflow_type,
    vendorData: session.vendorData ?? '',
    metadataJson: session.metadata === null ? '' : JSON.stringify(session.metadata),
    callback: session.callback ?? '',
    occurredAt: now,
    decisionJson: hasDecision(session) ? await decisionJson(tx, session) : '',
    resubmitInfoJson: details.resubmitInfo ? JSON.stringify(details.resubmitInfo) : '',
    enrols: bringsFace(session),
    captureReceivedAt: details.captureReceivedAt,
    candidateId: session.candidateId ?? '',
    // A look that is only granted has led to nothing yet.
    attemptId: details.attempt?.kind === 'judged' ? details.attempt.id : '',
  };
  await context.bus.enqueue(tx, sessionStatusChanged, message);
  const line = { session_id: session.id, from, status: session.state.status };
  context.database.onCommit(tx, () => {
    context.log.info(line, 'session status changed');
    count(session, from);
  });
}

function count(session: Session, from: Status | null): void {
  const { status } = session.state;
  const { environment, slug: application } = session.application;
  statusChanges.add({ status, environment });
  if (from === null) creations.add({ application, environment });
}

/**
 * Reviews, and sessions on the same device or address, take this much of an event at most: the largest request that is
 * accepted, its metadata in the event and in the decision (32 KiB each), leaves them that much of the 128 KiB that the bus
 * takes.
 */
const reviewsMaxBytes = 10 * 1024;
const matchesMaxBytes = 6 * 1024;

async function decisionJson(tx: Transaction<Tables>, session: Session): Promise<string> {
  const reviews = newestReviews(await listDecisionReviews(tx, session), reviewsMaxBytes);
  const known = await sessionsOfMatches(tx, session.application.id, session.reports);
  const source = decisionSource(session);
  const reports = source.reports?.map((report) => withFewerMatches(report, known, matchesMaxBytes)) ?? null;
  return JSON.stringify(decisionOf({ ...source, reports }, { sessionUrl: null, reviews, known }));
}

function hasDecision(session: Session): boolean {
  return session.reports !== null || isOneOf(decidedStatuses, session.state.status);
}

/** The session as its decision is made from it. */
export function decisionSource(session: Session): DecisionSource {
  return {
    sessionId: session.id,
    sessionNumber: session.number,
    status: session.state.status,
    environment: session.application.environment,
    type: session.type,
    workflowId: session.workflow.id,
    // Who has imported a session did not run its own workflow's checks.
    featureNames:
      session.sharedFrom?.features ?? session.workflow.definition.steps.map((step) => step.feature),
    vendorData: session.vendorData,
    metadata: session.metadata,
    callback: session.callback,
    expectedDetails: session.expectedDetails,
    contactDetails: session.contactDetails,
    reports: session.reports,
    stepUp: session.stepUp,
    sharedFrom: session.sharedFrom,
    createdAt: session.createdAt,
    // A call is over when it is answered, and an import when it is made.
    expiresAt: session.type === 'HOSTED' ? session.state.expiresAt : null,
  };
}
