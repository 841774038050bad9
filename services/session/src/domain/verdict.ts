import type { Evidence } from './features/evidence.ts';
import type { FeatureReport } from './features/feature.ts';
import { ipAnalysis } from './features/ip-analysis.ts';
import { findFeature } from './features/registry.ts';
import type { RawSettings } from './features/settings.ts';
import type { Verdict } from './status.ts';

/** One step of a workflow. */
export interface WorkflowStep {
  readonly node_id: string;
  readonly feature: string;
  readonly label: string;
  readonly config: RawSettings;
}

/**
 * Judges every step by the evidence there is. Pure: the same evidence always gives the same reports. A step that this
 * evidence says nothing about keeps its earlier result.
 */
export function judgeSteps(
  steps: readonly WorkflowStep[],
  evidence: Evidence,
  earlier: readonly FeatureReport[] = [],
): FeatureReport[] {
  return steps.map((step) => {
    const report = featureOf(step).evaluate(step.config, evidence, step.node_id);
    if (report.status !== 'Not Finished') return report;
    return earlier.find((each) => each.node_id === step.node_id) ?? report;
  });
}

/** Judges the steps that no look serves, by what is known before there is one. Pure. */
export function judgeVisit(steps: readonly WorkflowStep[], evidence: Evidence): FeatureReport[] {
  const served = steps.filter((step) => featureOf(step).capture === null);
  return judgeSteps(served, evidence);
}

/**
 * What a visit comes to in a workflow that does not look at device and network: entries of blocklists decline everywhere,
 * nothing is approved where nobody could tell whether there is one, and a session that steps up is not approved by less than
 * it asks for, or when nobody could say what that is. Pure.
 */
export function implicitReports(steps: readonly WorkflowStep[], evidence: Evidence): FeatureReport[] {
  if (steps.some((step) => step.feature === ipAnalysis.name)) return [];
  if (evidence.isAdaptive !== true && !mayBeBlocked(evidence)) return [];
  const report = ipAnalysis.evaluate({}, evidence, 'feature_ip_analysis_1');
  return report.status === 'Declined' || report.status === 'In Review' ? [report] : [];
}

/** Whether a visit is on a blocklist, or might be for all that is known. */
function mayBeBlocked({ assessment, hasBlocklists = false }: Evidence): boolean {
  if (!assessment) return hasBlocklists;
  const { listHits, failures } = assessment;
  return failures.includes('lists') || listHits.some(({ kind }) => kind === 'blocklist');
}

/** Any Declined step declines, any other that is not Approved needs a human, all Approved approves. */
export function verdictOf(reports: readonly FeatureReport[]): Verdict {
  if (reports.some((report) => report.status === 'Declined')) return 'Declined';
  const approved = reports.length > 0 && reports.every((report) => report.status === 'Approved');
  return approved ? 'Approved' : 'In Review';
}

/** Steps that have not run, or run again, shown as such. */
export function pendingSteps(steps: readonly WorkflowStep[]): FeatureReport[] {
  return steps.map((step) => featureOf(step).pending(step.config, step.node_id, 'Not Finished'));
}

/** Looks that a session of these steps may take: the smallest limit of its steps. */
export function maxAttempts(steps: readonly WorkflowStep[]): number {
  return Math.min(3, ...steps.map((step) => featureOf(step).maxAttempts?.(step.config) ?? 3));
}

/** The feature of a step. @throws Error when a stored workflow names one that this version does not know */
export function featureOf(step: { readonly feature: string }) {
  const feature = findFeature(step.feature);
  if (feature === undefined) throw new Error(`a workflow contains the unknown feature ${step.feature}`);
  return feature;
}
