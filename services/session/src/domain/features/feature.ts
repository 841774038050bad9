import type { Evidence } from './evidence.ts';
import type { KnownSession } from './known-session.ts';
import type { RawSettings, SettingRules, SettingsOf } from './settings.ts';
import { completeSettings } from './settings.ts';

/** Status of one step, independent of the session's. */
type FeatureStatus = 'Not Finished' | 'Approved' | 'Declined' | 'In Review' | 'Resub Requested' | 'Expired';

/** How heavy a finding weighs: only information, worth a human look, or a decline. */
export type Severity = 'information' | 'warning' | 'error';

/** Something a check found, in the shape that the decision shows. */
interface Warning {
  readonly feature: string;
  readonly risk: string;
  readonly additional_data: Readonly<Record<string, unknown>> | null;
  readonly log_type: Severity;
  readonly short_description: string;
  readonly long_description: string;
  readonly node_id: string;
}

/** A match as it is stored with its step. Who the other one is gets looked up when it is shown, and ends with them. */
export interface ReportedMatch {
  readonly session_id: string | null;
  readonly session_number: number | null;
  readonly similarity_percentage: number;
  readonly is_blocklisted: boolean;
  readonly is_allowlisted: boolean;
  readonly source: 'session' | 'list_entry';
}

/** Another session on the same device or address, as it is stored with its step. Who it was is looked up, as with faces. */
export interface ReportedVisitMatch {
  readonly session_id: string;
  readonly match_type: 'ip_address' | 'device_fingerprint';
  readonly match_source: string;
  readonly matched_value: string | null;
  readonly confidence: number;
  readonly match_mode: string;
  readonly recovery_similarity: number | null;
  readonly tls_ja4_corroborated: boolean;
  readonly recovery_gate_reason: string | null;
  readonly device_info: Readonly<Record<string, unknown>>;
  readonly location_info: Readonly<Record<string, unknown>>;
}

/** What is known of the visit that a step was judged by, by the names that decisions show. */
export interface ReportedVisit {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly matches: readonly ReportedVisitMatch[];
}

/** Where kept pictures can be seen for some minutes, by their ids. */
export type ImageUrls = ReadonlyMap<string, string>;

/** The result of one step of one session. Plain data: it is stored as it is. */
export interface FeatureReport {
  readonly feature: string;
  readonly node_id: string;
  readonly status: FeatureStatus;
  /** 0..100, at most two decimals; null when nothing could be scored. */
  readonly score: number | null;
  readonly warnings: readonly Warning[];
  /** Further facts of the step, by name. */
  readonly details: Readonly<Record<string, number | string | null>>;
  /** Faces of the application that look alike, listed ones first; absent where none was searched for. */
  readonly matches?: readonly ReportedMatch[];
  /** Of the step that looks at device and network alone. */
  readonly visit?: ReportedVisit;
}

/** A finding before it is put in words. */
export interface Finding {
  readonly risk: string;
  readonly severity: Severity;
  readonly additionalData?: Readonly<Record<string, unknown>>;
  /** [short, long] description of this very finding, where the risk's own says too little. */
  readonly words?: readonly [string, string];
}

/** What `judge` of a feature answers. */
interface Judgement {
  readonly score: number | null;
  readonly findings: readonly Finding[];
  readonly details: FeatureReport['details'];
  readonly matches?: readonly ReportedMatch[];
  readonly visit?: ReportedVisit;
}

/** One check that a workflow can contain. */
export interface Feature {
  readonly name: string;
  /** Other names that callers may use for the step. */
  readonly aliases: readonly string[];
  /** Steps that one look at the user serves share its name; they are resubmitted together. */
  readonly capture: 'face' | null;
  /** One of these features must come earlier in the workflow; empty when it may come first. */
  readonly after: readonly string[];
  readonly settings: SettingRules;
  /** Settings of the contract that nothing would act on, with the reason. */
  readonly unavailable: Readonly<Record<string, string>>;
  /**
   * The part of a verification that the check belongs to when a session is shared, and which of its `details` go with it;
   * null: its results never leave.
   */
  readonly shared: { readonly part: 'kyc' | 'aml' | 'kyb'; readonly details: readonly string[] } | null;
  /** Setting that limits the looks a session may take, if any. */
  readonly maxAttempts: ((settings: RawSettings) => number) | null;
  /** Key of the decision's array that holds the step's reports. */
  readonly blockKey: string;
  evaluate(settings: RawSettings, evidence: Evidence, nodeId: string): FeatureReport;
  /** The step before it has run: nothing but its name and `status`. */
  pending(settings: RawSettings, nodeId: string, status: FeatureStatus): FeatureReport;
  /**
   * One item of the decision's array.
   * @param known what is known now of the sessions that the report's matches name, by id
   * @param images of the pictures that the report names; none in events
   */
  block(
    report: FeatureReport,
    sessionId: string,
    known?: ReadonlyMap<string, KnownSession>,
    images?: ImageUrls,
  ): Record<string, unknown>;
  /** Key of the summary block at the decision's top level. */
  readonly summaryKey: string;
  summary(report: FeatureReport): Record<string, unknown>;
  /** Key of the short form in lists, inside `additional_details`. */
  readonly listKey: string;
  listSummary(report: FeatureReport): Record<string, unknown>;
}

/** What one file per feature declares. */
export interface FeatureDeclaration<Rules extends SettingRules>
  extends Pick<
    Feature,
    | 'name'
    | 'aliases'
    | 'capture'
    | 'shared'
    | 'after'
    | 'blockKey'
    | 'block'
    | 'summaryKey'
    | 'summary'
    | 'listKey'
    | 'listSummary'
  > {
  readonly settings: Rules;
  /** Name of the feature inside warnings, which spell some differently. */
  readonly warningFeature: string;
  /** Every risk the check can raise: [short, long] description. */
  readonly risks: Readonly<Record<string, readonly [string, string]>>;
  readonly maxAttempts?: keyof Rules & string;
  readonly unavailable?: Feature['unavailable'];
  /** Facts known before any evidence. */
  details(settings: SettingsOf<Rules>): FeatureReport['details'];
  /** The heart of the check. null: there is no evidence for it yet. */
  judge(settings: SettingsOf<Rules>, evidence: Evidence): Judgement | null;
}

/** Turns a declaration into a feature. The gravest finding is the status; missing evidence is never Approved. */
export function defineFeature<const Rules extends SettingRules>(
  declared: FeatureDeclaration<Rules>,
): Feature {
  const pending: Feature['pending'] = (raw, nodeId, status) => ({
    feature: declared.name,
    node_id: nodeId,
    status,
    score: null,
    warnings: [],
    details: declared.details(completeSettings(declared.settings, raw)),
  });
  const attemptsKey = declared.maxAttempts;
  return {
    ...declared,
    unavailable: declared.unavailable ?? {},
    pending,
    maxAttempts:
      attemptsKey === undefined
        ? null
        : (raw) => Number(completeSettings(declared.settings, raw)[attemptsKey]),
    evaluate(raw, evidence, nodeId) {
      const settings = completeSettings(declared.settings, raw);
      const judgement = declared.judge(settings, evidence);
      if (judgement === null) return pending(raw, nodeId, 'Not Finished');
      return {
        feature: declared.name,
        node_id: nodeId,
        status: statusOf(judgement.findings),
        score: judgement.score,
        warnings: judgement.findings.map((finding) => {
          const [short, long] = finding.words ?? declared.risks[finding.risk] ?? [finding.risk, finding.risk];
          return {
            feature: declared.warningFeature,
            risk: finding.risk,
            additional_data: finding.additionalData ?? null,
            log_type: finding.severity,
            short_description: short,
            long_description: long,
            node_id: nodeId,
          };
        }),
        details: { ...declared.details(settings), ...judgement.details },
        ...(judgement.matches === undefined ? {} : { matches: judgement.matches }),
        ...(judgement.visit === undefined ? {} : { visit: judgement.visit }),
      };
    },
  };
}

function statusOf(findings: readonly Finding[]): FeatureStatus {
  if (findings.some((finding) => finding.severity === 'error')) return 'Declined';
  return findings.some((finding) => finding.severity === 'warning') ? 'In Review' : 'Approved';
}

/** A score at or below `decline` is an error, at or below `review` a warning; a missing one is an error. */
export function belowThresholds(value: number | null, decline: number, review: number): Severity | null {
  if (value === null || value <= decline) return 'error';
  return value <= review ? 'warning' : null;
}

/** The graver of two; null weighs nothing. */
export function graver(one: Severity | null, other: Severity | null): Severity | null {
  const weights = [null, 'information', 'warning', 'error'] as const;
  return weights.indexOf(one) >= weights.indexOf(other) ? one : other;
}

/** Where a picture that a report names can be seen; null when it was not kept, or is not to be seen here. */
export function imageUrl({ details }: FeatureReport, name: string, images?: ImageUrls): string | null {
  return images?.get(String(details[name] ?? '')) ?? null;
}

/** The weight of a configurable finding. */
export function actionSeverity(action: 'NO_ACTION' | 'REVIEW' | 'DECLINE'): Severity {
  return action === 'DECLINE' ? 'error' : action === 'REVIEW' ? 'warning' : 'information';
}

/** A score as it is judged, stored and shown: 0..100 with two decimals, null when it is no number. */
export function readScore(value: number | null): number | null {
  if (value === null || !Number.isFinite(value)) return null;
  return Math.round(Math.min(100, Math.max(0, value)) * 100) / 100;
}
