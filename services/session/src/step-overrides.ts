import { randomUUIDv7 } from 'node:crypto';
import type { Principal } from '@selfsame/http/authentication';
import type { Context } from './context.ts';
import { isObject, readFields } from './domain/fields.ts';
import { commentMaxLength } from './domain/status-change.ts';
import { insertReview } from './outbound/review-store.ts';
import { lockSession, saveSession } from './outbound/session-store.ts';
import type { Refused } from './refusal.ts';
import { notFound, refusedDetail, refusedFields } from './refusal.ts';
import { apiActor } from './reviews.ts';

const stepStatuses = ['Approved', 'Declined', 'In Review'] as const;

/** `PATCH …/features/{node_id}/update-status/`: corrects one step; the session's own status stays as it is. */
export async function setStepStatus(
  context: Context,
  principal: Principal,
  sessionId: string,
  nodeId: string,
  body: unknown,
): Promise<{ sessionId: string; nodeId: string; feature: string; status: string } | Refused> {
  return context.database.transaction(async (tx) => {
    const session = await lockSession(tx, principal.applicationId, sessionId);
    if (session !== null && session.type !== 'HOSTED') {
      const whose = session.type === 'API' ? 'an API call made' : 'another application has shared';
      return refusedDetail(`The steps of a session that ${whose} stay as they are.`);
    }
    const steps = session?.workflow.definition.steps ?? [];
    const step = nodeId === 'default' ? steps[0] : steps.find((each) => each.node_id === nodeId);
    if (session === null || step === undefined) return notFound;
    const fields = readFields(isObject(body) ? body : {});
    const status = fields.required('new_status') ? fields.choice('new_status', stepStatuses) : undefined;
    const comment = fields.text('comment', { max: commentMaxLength }) ?? null;
    if (status === undefined || Object.keys(fields.errors).length > 0) return refusedFields(fields.errors);
    const report = session.reports?.find((each) => each.node_id === step.node_id);
    if (report === undefined || report.status === 'Resub Requested') {
      return refusedDetail('This step has no result yet.');
    }
    if (report.status === status)
      return { refused: 'list', texts: [`The step is already in status ${status}.`] };
    const now = new Date();
    const reports = session.reports?.map((each) => (each === report ? { ...each, status } : each)) ?? null;
    await saveSession(tx, { ...session, reports }, { statusChangedAt: null });
    await insertReview(tx, {
      ...apiActor,
      id: randomUUIDv7(),
      session_id: session.id,
      activity_type: 'KYC_DATA_UPDATED',
      previous_status: null,
      new_status: null,
      comment,
      metadata: {
        node_id: step.node_id,
        feature_type: step.feature,
        previous_status: report.status,
        new_status: status,
      },
      created_at: now,
    });
    return { sessionId: session.id, nodeId: step.node_id, feature: step.feature, status };
  });
}
