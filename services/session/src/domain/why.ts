import type { FeatureReport } from './features/feature.ts';
import { findFeature } from './features/registry.ts';
import { completeSettings, type RawSettings } from './features/settings.ts';
import type { WorkflowStep } from './verdict.ts';

/** A score, and the settings that it is held against: at or below `decline` declines, at or below `review` goes to a human. */
interface Measure {
  readonly of: (report: FeatureReport) => number | null;
  readonly name: string;
  readonly decline: string;
  readonly review: string;
}

const scoreOf = (report: FeatureReport) => report.score;
const detail = (name: string) => (report: FeatureReport) => {
  const value = report.details[name];
  return typeof value === 'number' ? value : null;
};

const liveness: Measure = {
  of: scoreOf,
  name: 'score',
  decline: 'face_liveness_score_decline_threshold',
  review: 'face_liveness_score_review_threshold',
};
const similarity: Measure = {
  of: scoreOf,
  name: 'similarity',
  decline: 'face_match_score_decline_threshold',
  review: 'face_match_score_review_threshold',
};
const quality: Measure = {
  of: detail('face_quality'),
  name: 'quality',
  decline: 'face_quality_decline_threshold',
  review: 'face_quality_review_threshold',
};

const measures: Readonly<Record<string, Measure>> = {
  LOW_LIVENESS_SCORE: liveness,
  LOW_FACE_MATCH_SIMILARITY: similarity,
  LOW_FACE_QUALITY: quality,
};
const passes: Readonly<Record<string, Measure>> = { LIVENESS: liveness, FACE_MATCH: similarity };

/** Findings whose weight is a setting: `NO_ACTION`, `REVIEW` or `DECLINE`. */
const actions: Readonly<Record<string, string>> = {
  MULTIPLE_FACES_DETECTED: 'face_liveness_multiple_faces_action',
  LOW_FACE_LUMINANCE: 'face_luminance_min_action',
  HIGH_FACE_LUMINANCE: 'face_luminance_max_action',
  FACE_MATCH_NOT_COMPUTED: 'face_match_not_computed_action',
  EYES_COVERED: 'eyes_covered_action',
  MOUTH_COVERED: 'mouth_covered_action',
  FACE_COVERED: 'face_covered_action',
  DUPLICATED_IP_ADDRESS: 'duplicated_ip_action',
  DUPLICATED_DEVICE_FINGERPRINT: 'duplicated_device_action',
  DEVICE_RECOVERED_HIGH_CONFIDENCE: 'recovered_device_action',
  HIGH_RISK: 'high_risk_action',
};

/** Why a step came out as it did. */
export interface StepReason {
  readonly feature: string;
  readonly status: string;
  readonly score: number | null;
  /** A sentence for each finding; for a step that passed, what it passed by. */
  readonly reasons: readonly string[];
  readonly warnings: readonly { readonly risk: string; readonly severity: string }[];
}

/** Says which threshold or rule each step met, by the workflow that the session pins. Pure. */
export function whyOf(reports: readonly FeatureReport[], steps: readonly WorkflowStep[]): StepReason[] {
  return reports.map((report) => {
    const config = settingsOf(report, steps);
    const found = report.warnings.map(
      ({ risk, log_type, short_description }) =>
        `${risk} (${weights[log_type]}): ${held(report, config, risk, log_type) ?? decapitalised(short_description)}`,
    );
    return {
      feature: report.feature,
      status: report.status,
      score: report.score,
      reasons: report.status === 'Approved' ? [...passed(report, config), ...found] : found,
      warnings: report.warnings.map(({ risk, log_type }) => ({ risk, severity: log_type })),
    };
  });
}

const weights = { information: 'for information', warning: 'goes to review', error: 'declines' } as const;

function settingsOf(report: FeatureReport, steps: readonly WorkflowStep[]): RawSettings {
  const rules = findFeature(report.feature)?.settings ?? {};
  const own = steps.find(({ node_id }) => node_id === report.node_id)?.config ?? {};
  return completeSettings(rules, own) as RawSettings;
}

function held(
  report: FeatureReport,
  config: RawSettings,
  risk: string,
  severity: string,
): string | undefined {
  const measure = measures[risk];
  const value = measure?.of(report) ?? null;
  if (measure !== undefined && value !== null) {
    const setting = severity === 'error' ? measure.decline : measure.review;
    const threshold = config[setting];
    if (typeof threshold === 'number' && value <= threshold)
      return `${measure.name} ${value} is not above ${threshold} (${setting})`;
  }
  const action = actions[risk];
  if (action !== undefined && typeof config[action] === 'string') return `${action} is ${config[action]}`;
  return undefined;
}

function passed(report: FeatureReport, config: RawSettings): string[] {
  const measure = passes[report.feature];
  const value = measure?.of(report) ?? null;
  if (measure === undefined || value === null) return [];
  return [`${measure.name} ${value} is above ${config[measure.review]} (${measure.review})`];
}

function decapitalised(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
