import type { DecisionSource } from './decision-view.ts';
import { features, findFeature } from './features/registry.ts';
import type { WorkflowStep } from './verdict.ts';
import { pendingSteps } from './verdict.ts';

/** The contract's keys of `additional_details`; each is null until its step has run. A feature may add its own. */
const contractListKeys = [
  'liveness',
  'face_match',
  'aml',
  'database_validation',
  'poa',
  'phone_verification',
  'email_verification',
];

/** One row of `GET /v3/sessions/`. */
export function sessionRow(
  source: DecisionSource,
  steps: readonly WorkflowStep[],
  sessionUrl: string | null,
): Record<string, unknown> {
  const reports = source.reports ?? pendingSteps(steps);
  const details: Record<string, unknown> = {};
  for (const key of contractListKeys) details[key] = null;
  for (const { listKey } of features) details[listKey] = null;
  for (const report of source.reports ?? []) {
    const feature = findFeature(report.feature);
    if (feature) details[feature.listKey] = feature.listSummary(report);
  }
  return {
    session_id: source.sessionId,
    session_kind: 'user',
    session_number: source.sessionNumber,
    session_url: sessionUrl,
    session_type: source.type,
    shared_from_session: source.sharedFrom,
    portrait_image: null,
    document_type: null,
    full_name: null,
    country: null,
    status: source.status,
    vendor_data: source.vendorData,
    workflow_id: source.workflowId,
    created_at: source.createdAt.toISOString(),
    features: reports.map((report) => ({ feature: report.feature, status: report.status })),
    phone_number: null,
    email_address: null,
    additional_details: source.reports === null ? null : details,
  };
}
