import { randomUUIDv7 } from 'node:crypto';
import type { Transaction } from '@selfsame/database/database';
import type { Principal } from '@selfsame/http/authentication';
import type { TransitionDetails } from './announcements.ts';
import { saveTransition } from './announcements.ts';
import type { Context } from './context.ts';
import type { Resubmission } from './domain/resubmission.ts';
import { chooseResubmission } from './domain/resubmission.ts';
import type { Session } from './domain/session.ts';
import { transition } from './domain/session-life.ts';
import { changeableStatuses, isOneOf } from './domain/status.ts';
import type { StatusChange } from './domain/status-change.ts';
import { readStatusChange } from './domain/status-change.ts';
import { withSelfie } from './domain/step-up.ts';
import { featureOf } from './domain/verdict.ts';
import type { Review } from './outbound/review-store.ts';
import { insertReview } from './outbound/review-store.ts';
import { lockSession } from './outbound/session-store.ts';
import type { Tables } from './outbound/tables.ts';
import type { Refused } from './refusal.ts';
import { notFound, refusedDetail, refusedFields } from './refusal.ts';
import { apiActor } from './reviews.ts';

/**
 * `PATCH …/update-status/`: the application decides by hand. Whether the session may change at all is looked at before
 * the body, as the contract has it.
 */
export async function setSessionStatus(
  context: Context,
  principal: Principal,
  sessionId: string,
  body: unknown,
): Promise<{ sessionId: string } | Refused> {
  return context.database.transaction(async (tx) => {
    const session = await lockSession(tx, principal.applicationId, sessionId);
    if (session === null) return notFound;
    const { status } = session.state;
    if (!isOneOf(changeableStatuses, status)) {
      return refusedDetail(
        `Only sessions in status ${changeableStatuses.join(', ')} can be updated. Current status: ${status}.`,
      );
    }
    const read = readStatusChange(body);
    if ('errors' in read) return refusedFields(read.errors);
    const { change } = read;
    const now = new Date();
    const result = transition(session.state, { kind: 'set_status', status: change.newStatus }, now);
    if ('refusal' in result) {
      return { refused: 'list', texts: [`The session is already in status ${status}.`] };
    }
    if (change.newStatus === 'Resubmitted' && session.type !== 'HOSTED') {
      return refusedFields({ new_status: `${withoutUser[session.type]} has no user to resubmit it.` });
    }
    const resubmission = change.newStatus === 'Resubmitted' ? chooseSteps(session, change) : null;
    if (resubmission !== null && 'mistake' in resubmission) {
      return refusedFields({ nodes_to_resubmit: resubmission.mistake });
    }
    await addStatusReview(tx, session, change, now);
    const details = resubmission ? erasing(session, resubmission) : {};
    await saveTransition(context, tx, { ...session, hasReviews: true }, result, now, details);
    return { sessionId: session.id };
  });
}

const withoutUser = {
  API: 'A session that an API call made',
  IMPORTED: 'A session that another application has shared',
} as const;

function chooseSteps(session: Session, change: StatusChange): Resubmission {
  return chooseResubmission(session.workflow.definition.steps, session.reports, change.nodesToResubmit);
}

/** What is left of a session when steps go back to the user: without their look, no face waits for the verdict. */
function erasing(
  { stepUp }: Session,
  { info, reports }: Exclude<Resubmission, { mistake: string }>,
): TransitionDetails {
  const again = info.nodes_to_resubmit.some((node) => featureOf(node).capture === 'face');
  return {
    reports,
    resubmitInfo: info,
    candidateId: again ? null : undefined,
    deviceName: again ? null : undefined,
    stepUp: stepUp === null ? undefined : withSelfie(stepUp),
  };
}

/** Appends to the audit feed. */
async function addStatusReview(
  tx: Transaction<Tables>,
  session: Session,
  change: StatusChange,
  now: Date,
): Promise<void> {
  const review: Review = {
    ...apiActor,
    id: randomUUIDv7(),
    session_id: session.id,
    activity_type: 'STATUS_UPDATED',
    previous_status: session.state.status,
    new_status: change.newStatus,
    comment: change.comment,
    // Kept for whoever sends the mail: this service has no mailer.
    metadata: change.notification,
    created_at: now,
  };
  await insertReview(tx, review);
}
