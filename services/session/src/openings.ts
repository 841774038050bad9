import type { Transaction } from '@selfsame/database/database';
import type { TransitionDetails } from './announcements.ts';
import { visitEvidence } from './assessments.ts';
import type { Context } from './context.ts';
import type { AssessmentEvidence } from './domain/features/assessment.ts';
import type { Session } from './domain/session.ts';
import { isOpenTo } from './domain/session-life.ts';
import type { SkipRefusal } from './domain/step-up.ts';
import { raised, sessionAdaptive, skipped, skipRefusal } from './domain/step-up.ts';
import { judgeVisit, verdictOf } from './domain/verdict.ts';
import { livenessMethodOf } from './domain/workflow.ts';
import { lockedUntil, unknownOrigin } from './lockouts.ts';
import type { Tables } from './outbound/tables.ts';

/** A visit as it is decided on. */
interface PlannedVisit {
  /** null: nobody could say */
  readonly assessment: AssessmentEvidence | null;
  /** The device has proved itself, or the application that names it is believed. */
  readonly isProved: boolean;
}

/** What an opening comes to, and what is saved with it. */
interface OpeningPlan {
  readonly command: 'open' | 'skip';
  readonly details: TransitionDetails;
}

/**
 * Decides what a visit has to show: nothing, where the session's rules say so and nothing speaks against it; else at least
 * what was asked for before. Runs under the session's lock. Sessions of workflows that are not adaptive just open.
 */
export async function planOpening(
  context: Context,
  tx: Transaction<Tables>,
  session: Session,
  visit: PlannedVisit,
  now: Date,
): Promise<OpeningPlan> {
  if (!sessionAdaptive(session).enabled || !isOpenTo(session.state, now)) {
    return { command: 'open', details: {} };
  }
  const skip = await planSkip(context, tx, session, visit, now);
  if (skip !== null && 'details' in skip) return { command: 'skip', details: skip.details };
  const asked = livenessMethodOf(session.workflow.definition);
  const { assessment } = visit;
  const stepUp = raised(session.stepUp, { assessment, asked, refusal: skip?.refusal ?? null }, now);
  return { command: 'open', details: { stepUp } };
}

/**
 * Whether a visit is let in without a selfie: what is saved then, or why not; null when no rule says so. Steps that no look
 * serves have their say as ever.
 */
export async function planSkip(
  context: Context,
  tx: Transaction<Tables>,
  session: Session,
  { assessment, isProved }: PlannedVisit,
  now: Date,
): Promise<{ details: TransitionDetails } | { refusal: SkipRefusal } | null> {
  if (assessment?.stepUp?.action !== 'SKIP') return null;
  const refusal = skipRefusal(session, sessionAdaptive(session), { assessment, isProved }, now);
  if (refusal !== null) return { refusal };
  if ((await lockedUntil(context, tx, session, unknownOrigin, now)) !== null) {
    return { refusal: 'locked_out' };
  }
  const { steps } = session.workflow.definition;
  const { vendorData } = session;
  const evidence = { face: null, vendorData, ...(await visitEvidence(tx, session, assessment)) };
  const reports = judgeVisit(steps, evidence);
  if (reports.length > 0 && verdictOf(reports) !== 'Approved') return { refusal: 'not_approved' };
  const stepUp = skipped(assessment, livenessMethodOf(session.workflow.definition), now);
  return { details: { stepUp, ...(reports.length > 0 ? { reports } : {}) } };
}
