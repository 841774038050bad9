import type { Observation } from '@selfsame/contracts/fraud_signals/v1/observation';
import type { Context } from './context.ts';
import type { AssessmentEvidence } from './domain/features/assessment.ts';
import type { Evidence } from './domain/features/evidence.ts';
import type { Session } from './domain/session.ts';
import { sessionAdaptive } from './domain/step-up.ts';
import { withKnownVisits } from './matched-sessions.ts';
import { setHasBlocklists } from './outbound/application-store.ts';
import type { Assessable } from './outbound/assessed-session.ts';
import { assessableSession, assessedSession } from './outbound/assessed-session.ts';
import type { Queries } from './outbound/tables.ts';

/** What fraud-signals says of the opening of a page; null when it cannot be asked: the page opens all the same. */
export function assessOpening(
  context: Context,
  session: Session,
  observation: Observation,
  now: Date,
): Promise<AssessmentEvidence | null> {
  const assessed = assessedSession(assessableSession(session), now);
  return orNull(context, session.id, () => context.fraudSignals.assessOpening(assessed, observation));
}

/** What it says before there is a page; null when it cannot be asked: the session is created all the same. */
export function assessCreation(
  context: Context,
  session: Assessable,
  vouchedDeviceId: string,
  now: Date,
): Promise<AssessmentEvidence | null> {
  const assessed = assessedSession(session, now);
  return orNull(context, session.id, () => context.fraudSignals.assessCreation(assessed, vouchedDeviceId));
}

async function orNull(
  { log }: Context,
  sessionId: string,
  ask: () => Promise<AssessmentEvidence>,
): Promise<AssessmentEvidence | null> {
  try {
    return await ask();
  } catch (err) {
    log.warn({ err, session_id: sessionId }, 'a visit could not be assessed');
    return null;
  }
}

/** The part of a session's evidence that is about device and network. */
export async function visitEvidence(
  db: Queries,
  session: Session,
  assessment: AssessmentEvidence | null,
): Promise<Pick<Evidence, 'assessment' | 'isAdaptive' | 'hasBlocklists' | 'expectedIpAddress'>> {
  const expected = session.expectedDetails?.ip_address;
  return {
    assessment: assessment && (await withKnownVisits(db, session.application.id, assessment)),
    isAdaptive: sessionAdaptive(session).enabled,
    hasBlocklists: session.application.hasBlocklists,
    expectedIpAddress: typeof expected === 'string' ? expected : null,
  };
}

/** Keeps in mind whether an application has blocklists, for visits that nobody can assess. Writes only what is new. */
export async function noteBlocklists(
  db: Queries,
  application: Session['application'],
  assessment: AssessmentEvidence | null,
): Promise<void> {
  const told = assessment?.hasBlocklists ?? null;
  if (told !== null && told !== application.hasBlocklists) await setHasBlocklists(db, application.id, told);
}
