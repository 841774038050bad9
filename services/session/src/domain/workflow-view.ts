import type { WorkflowDefinition } from './workflow.ts';
import { adaptiveOf, adaptsTemplate, graphOf, isReusable, lockoutOf } from './workflow.ts';

/** What a workflow shows beside its definition. */
export interface WorkflowFacts {
  readonly workflowId: string;
  readonly slug: string | null;
  readonly isDefault: boolean;
  readonly versionId: string;
  readonly version: number;
  readonly status: 'draft' | 'published';
  readonly hasDraft: boolean;
  readonly definition: WorkflowDefinition;
  readonly createdBy: string;
  readonly updatedAt: Date;
}

/** One item of `GET /v3/workflows/`. */
export function workflowItem(facts: WorkflowFacts): Record<string, unknown> {
  const { definition } = facts;
  return {
    uuid: facts.versionId,
    workflow_id: facts.workflowId,
    slug: facts.slug,
    workflow_label: definition.workflow_label,
    workflow_type: definition.workflow_type,
    is_default: facts.isDefault,
    is_archived: false,
    is_white_label_enabled: definition.is_white_label_enabled,
    // Nothing is charged for on one's own servers.
    total_price: 0,
    min_price: 0,
    max_price: 0,
    features: definition.steps.map((step) => step.feature).join(' + '),
    is_simple_workflow: true,
    is_editable: facts.status === 'draft',
    workflow_url: null,
    max_retry_attempts: definition.max_retry_attempts,
    retry_window_days: definition.retry_window_days,
    session_expiration_time: definition.session_expiration_time,
    version: facts.version,
    status: facts.status,
    has_draft: facts.hasDraft,
    created_by: { name: facts.createdBy, email: null, type: 'api_key' },
    updated_at: facts.updatedAt.toISOString(),
  };
}

/** The full settings: the item with its features in full and as a graph. */
export function workflowSettings(facts: WorkflowFacts): Record<string, unknown> {
  const { definition } = facts;
  return {
    ...workflowItem(facts),
    features: definition.steps,
    is_desktop_allowed: definition.is_desktop_allowed,
    face_liveness_max_attempts: definition.face_liveness_max_attempts,
    face_match_max_attempts: definition.face_match_max_attempts,
    lockout: lockoutOf(definition),
    adaptive: adaptiveOf(definition),
    is_reusable: isReusable(definition),
    adapts_template: adaptsTemplate(definition),
    workflow_graph: graphOf(definition.steps),
  };
}
