import type { Transaction } from '@selfsame/database/database';
import { saveTransition } from './announcements.ts';
import { assessCreation } from './assessments.ts';
import type { Context } from './context.ts';
import { vouchedDevice } from './domain/device-token.ts';
import type { AssessmentEvidence } from './domain/features/assessment.ts';
import { namedDevice } from './domain/named-device.ts';
import type { Session } from './domain/session.ts';
import { transition } from './domain/session-life.ts';
import type { SessionRequest } from './domain/session-request.ts';
import { adaptiveFor } from './domain/step-up.ts';
import { adaptiveOf } from './domain/workflow.ts';
import { visitOrigin } from './lockouts.ts';
import { accepted } from './looks.ts';
import { setHasBlocklists } from './outbound/application-store.ts';
import type { Tables } from './outbound/tables.ts';
import type { WorkflowVersion } from './outbound/workflow-store.ts';
import type { Refused } from './refusal.ts';
import { refusedFields } from './refusal.ts';
import { mayBeSkipped, planSkip } from './skipping.ts';

/** What is known of a user before there is a page. */
type CreationVisit =
  | {
      readonly mayBeSkipped: false;
      /** null: nobody was asked, or could say */
      readonly assessment: AssessmentEvidence | null;
    }
  /** A rule says that this user need not show anything; whether anything speaks against it, the session tells. */
  | { readonly mayBeSkipped: true; readonly assessment: AssessmentEvidence };

/**
 * Asks once, within a short deadline, and only for users that have a name: is the user blocked, and, where the workflow
 * allows it and the application names a device, is that device known? Nobody answering is no hindrance to a session.
 */
export async function visitAtCreation(
  context: Context,
  applicationId: string,
  wanted: {
    newId: string;
    waitingId: string | null;
    request: SessionRequest;
    workflow: WorkflowVersion;
  },
  now: Date,
): Promise<CreationVisit | Refused> {
  const { newId, waitingId, request, workflow } = wanted;
  const { vendorData, contactDetails, expectedDetails, deviceToken } = request;
  if (vendorData === null) return { mayBeSkipped: false, assessment: null };
  const metadata: unknown = request.metadataJson === undefined ? null : JSON.parse(request.metadataJson);
  const owner = { applicationId, vendorData };
  const vouched =
    deviceToken === null ? null : vouchedDevice(context.links.tokenKey, owner, deviceToken, now);
  const adaptive = adaptiveFor(adaptiveOf(workflow.definition), request.adaptive);
  const isNamed = vouched !== null || namedDevice(metadata).deviceId !== null;
  const rules = adaptive.allowAtCreation && isNamed ? adaptive.rules : [];
  // Where nothing can be skipped, a waiting session is handed out again: it is the one that is visited.
  const id = rules.length > 0 ? newId : (waitingId ?? newId);
  const session = { id, ...owner, contactDetails, expectedDetails, metadata, createdAt: now, rules };
  const assessable = { ...session, attempts: 0, lastAttemptAt: null };
  const assessment = await assessCreation(context, assessable, vouched ?? '', now);
  if (assessment === null) return { mayBeSkipped: false, assessment };
  const isBlockedUser = assessment.listHits.some(
    ({ kind, entryType }) => kind === 'blocklist' && entryType === 'user',
  );
  if (isBlockedUser) {
    await setHasBlocklists(context.database.db, applicationId, true);
    return refusedFields({ vendor_data: 'This user is blocked.' });
  }
  return { mayBeSkipped: rules.length > 0 && mayBeSkipped({ assessment, isProved: true }), assessment };
}

/** Approves a session that was just written, unless something speaks against it: then it waits for its user as any. */
export async function skipAtCreation(
  context: Context,
  tx: Transaction<Tables>,
  session: Session,
  assessment: AssessmentEvidence,
  now: Date,
): Promise<Session> {
  const ipAddress = namedDevice(session.metadata).ipAddress ?? '';
  const origin = visitOrigin(context, session.application.id, { ipAddress });
  const visit = { assessment, isProved: true, address: null, origin };
  const skip = await planSkip(context, tx, session, visit, now);
  if (skip === null || 'refusal' in skip) return session;
  const result = accepted(transition(session.state, { kind: 'skip' }, now), now);
  return saveTransition(context, tx, session, result, now, skip.details);
}
