import type { FeatureReport } from './features/feature.ts';
import { findFeatureByAlias } from './features/registry.ts';
import { isObject } from './fields.ts';
import type { WorkflowStep } from './verdict.ts';
import { featureOf, pendingSteps } from './verdict.ts';

/** Names that the contract knows but never lets an application send back. */
const refusedFeatures = ['KYB_REGISTRY', 'KYB_KEY_PEOPLE', 'KYB'];

/** What the user has to do again, in the shape of the public events. */
export interface ResubmitInfo {
  readonly nodes_to_resubmit: readonly { readonly node_id: string; readonly feature: string }[];
  /** Risks that the erased results had shown. */
  readonly reasons: readonly string[];
}

export type Resubmission =
  | { readonly info: ResubmitInfo; readonly reports: FeatureReport[] }
  | { readonly mistake: string };

/**
 * Chooses the steps that go back to the user and erases what they had found. Steps that one look at the user serves go
 * together: their results must come from the same frame, else two people could pass one session between them.
 *
 * @param reports results so far, null when no step has run
 * @param nodes `nodes_to_resubmit` as it came: objects or bare node ids; undefined = every step that was not approved
 */
export function chooseResubmission(
  steps: readonly WorkflowStep[],
  reports: readonly FeatureReport[] | null,
  nodes: unknown,
): Resubmission {
  // A session that was approved without a look has no results of its face steps.
  const results = pendingSteps(steps).map(
    (pending) => reports?.find((report) => report.node_id === pending.node_id) ?? pending,
  );
  const chosen = nodes === undefined || nodes === null ? notApproved(steps, results) : named(steps, nodes);
  if ('mistake' in chosen) return chosen;
  const captures = new Set(
    chosen.steps.map((step) => featureOf(step).capture).filter((capture) => capture !== null),
  );
  const together = steps.filter((step) => {
    const capture = featureOf(step).capture;
    return chosen.steps.includes(step) || (capture !== null && captures.has(capture));
  });
  const ids = new Set(together.map((step) => step.node_id));
  const erased = results.filter((report) => ids.has(report.node_id));
  return {
    info: {
      nodes_to_resubmit: together.map((step) => ({ node_id: step.node_id, feature: step.feature })),
      reasons: [...new Set(erased.flatMap((report) => report.warnings.map((warning) => warning.risk)))],
    },
    reports: steps.map((step) => {
      const kept = ids.has(step.node_id)
        ? undefined
        : results.find((report) => report.node_id === step.node_id);
      return kept ?? featureOf(step).pending(step.config, step.node_id, 'Resub Requested');
    }),
  };
}

type Choice = { readonly steps: readonly WorkflowStep[] } | { readonly mistake: string };

function notApproved(steps: readonly WorkflowStep[], results: readonly FeatureReport[]): Choice {
  const again = new Set(
    results.filter((report) => report.status !== 'Approved').map((report) => report.node_id),
  );
  const chosen = steps.filter((step) => again.has(step.node_id));
  return chosen.length > 0
    ? { steps: chosen }
    : { mistake: 'There are no steps to resubmit in this session.' };
}

function named(steps: readonly WorkflowStep[], nodes: unknown): Choice {
  if (!Array.isArray(nodes) || nodes.length === 0)
    return { mistake: 'nodes_to_resubmit must be a non-empty list.' };
  const chosen: WorkflowStep[] = [];
  for (const node of nodes.slice(0, 50)) {
    const found = findStep(steps, node);
    if (typeof found === 'string') return { mistake: found };
    chosen.push(found);
  }
  return { steps: chosen };
}

/** The step that one entry names, or why there is none. */
function findStep(steps: readonly WorkflowStep[], node: unknown): WorkflowStep | string {
  const nodeId = isObject(node) ? node.node_id : node;
  const feature = isObject(node) ? node.feature : undefined;
  if (typeof nodeId !== 'string') return 'Each node needs a node_id.';
  if (feature !== undefined && typeof feature !== 'string') return 'The feature of a node must be a text.';
  if (feature !== undefined && refusedFeatures.includes(feature)) return `${feature} cannot be resubmitted.`;
  const step = steps.find((each) => each.node_id === nodeId);
  const name = nodeId.slice(0, 64);
  if (step === undefined) return `Node "${name}" is not part of this session's workflow.`;
  if (feature !== undefined && findFeatureByAlias(feature)?.name !== step.feature) {
    return `Node "${name}" is not a ${feature.slice(0, 64)} step.`;
  }
  return step;
}
