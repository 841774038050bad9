import type { Transaction } from '@selfsame/database/database';
import type { TransitionDetails } from './announcements.ts';
import { visitEvidence } from './assessments.ts';
import type { Context } from './context.ts';
import type { AssessmentEvidence } from './domain/features/assessment.ts';
import type { FeatureReport } from './domain/features/feature.ts';
import { namedDevice } from './domain/named-device.ts';
import { isSameNetwork } from './domain/networks.ts';
import type { Session, SkipRefusal } from './domain/session.ts';
import { isSkippable } from './domain/session-life.ts';
import type { Verdict } from './domain/status.ts';
import { isOffered, sessionAdaptive, skipped } from './domain/step-up.ts';
import { judgeVisit, verdictOf } from './domain/verdict.ts';
import { livenessMethodOf } from './domain/workflow.ts';
import type { Origin } from './lockouts.ts';
import { lockedUntil } from './lockouts.ts';
import { findLastVerdict } from './outbound/session-store.ts';
import type { Tables } from './outbound/tables.ts';

/** A visit as it is decided on. */
export interface PlannedVisit {
  /** null: nobody could say */
  readonly assessment: AssessmentEvidence | null;
  /** The device has signed our nonce just now, or the application that names it is believed. */
  readonly isProved: boolean;
  /** Where the page was opened from, empty when nobody could tell; null: there is no page yet. */
  readonly address: string | null;
  /** Whose locks count, beside the subject's. */
  readonly origin: Origin;
}

/** What of a visit is known before its session is. */
type AssessedVisit = Pick<PlannedVisit, 'isProved'> & { readonly assessment: AssessmentEvidence };

/** Everything that may speak against letting a visit in without a selfie. */
interface Skip {
  readonly session: Session;
  readonly address: string | null;
  readonly isLocked: boolean;
  /** Of the subject's newest decided session. */
  readonly lastVerdict: Verdict | null;
  /** Of the steps that no look serves. */
  readonly reports: readonly FeatureReport[];
  readonly now: Date;
}

type Obstacle = { readonly refusal: SkipRefusal } & (
  | { readonly ofVisit: (visit: AssessedVisit) => boolean }
  | { readonly ofSession: (skip: Skip) => boolean }
);

/** All that speaks against it; the first that holds is told. */
const obstacles: readonly Obstacle[] = [
  { refusal: 'not_allowed', ofSession: ({ session }) => !sessionAdaptive(session).allowSkip },
  {
    refusal: 'selfie_asked_before',
    ofSession: ({ session: { state, stepUp, hasReviews }, now }) =>
      !isSkippable(state, now) || hasReviews || (stepUp !== null && !isOffered(stepUp)),
  },
  { refusal: 'assessment_failed', ofVisit: ({ assessment }) => assessment.failures.length > 0 },
  {
    refusal: 'listed',
    ofVisit: ({ assessment }) => assessment.listHits.some(({ kind }) => kind === 'blocklist'),
  },
  { refusal: 'device_not_proved', ofVisit: ({ isProved }) => !isProved },
  { refusal: 'device_not_known', ofVisit: ({ assessment }) => !assessment.device.isKnown },
  {
    refusal: 'other_address',
    ofSession: ({ session, address }) =>
      address !== null && namedAddresses(session).some((named) => !isSameNetwork(named, address)),
  },
  { refusal: 'locked_out', ofSession: ({ isLocked }) => isLocked },
  {
    refusal: 'last_session_not_approved',
    ofSession: ({ lastVerdict }) => lastVerdict === 'Declined' || lastVerdict === 'In Review',
  },
  {
    refusal: 'not_approved',
    ofSession: ({ reports }) => reports.length > 0 && verdictOf(reports) !== 'Approved',
  },
];

/** Where the application says that its user is. */
function namedAddresses({ metadata, expectedDetails }: Session): string[] {
  const named = [namedDevice(metadata).ipAddress, expectedDetails?.ip_address];
  return named.flatMap((address) => (typeof address === 'string' && address !== '' ? address : []));
}

/** Whether a visit says enough against itself, whatever its session: then there is no use in trying. */
export function mayBeSkipped(visit: AssessedVisit): boolean {
  const isSkip = visit.assessment.stepUp?.action === 'SKIP';
  return isSkip && !obstacles.some((each) => 'ofVisit' in each && each.ofVisit(visit));
}

/**
 * Whether a visit is let in without a selfie: what is saved then, or why not; null when no rule says so. Steps that no look
 * serves have their say as ever. Runs under the session's lock.
 */
export async function planSkip(
  context: Context,
  tx: Transaction<Tables>,
  session: Session,
  { assessment, isProved, address, origin }: PlannedVisit,
  now: Date,
): Promise<{ details: TransitionDetails } | { refusal: SkipRefusal } | null> {
  if (assessment?.stepUp?.action !== 'SKIP') return null;
  const { vendorData } = session;
  const { steps } = session.workflow.definition;
  const evidence = { face: null, vendorData, ...(await visitEvidence(tx, session, assessment)) };
  const reports = judgeVisit(steps, evidence);
  const skip: Skip = {
    session,
    address,
    isLocked: (await lockedUntil(context, tx, session, origin, now)) !== null,
    lastVerdict: await findLastVerdict(tx, session),
    reports,
    now,
  };
  const visit = { assessment, isProved };
  const obstacle = obstacles.find((each) => ('ofVisit' in each ? each.ofVisit(visit) : each.ofSession(skip)));
  if (obstacle !== undefined) return { refusal: obstacle.refusal };
  const stepUp = skipped(assessment, livenessMethodOf(session.workflow.definition), now);
  return { details: { stepUp, ...(reports.length > 0 ? { reports } : {}) } };
}
