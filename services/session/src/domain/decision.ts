import type { FeatureReport } from './features/feature.ts';
import { findFeature } from './features/registry.ts';
import type { JsonObject } from './fields.ts';
import type { Status } from './status.ts';

/** What the decision of a session is made from. */
export interface DecisionSource {
  readonly sessionId: string;
  readonly sessionNumber: number;
  readonly status: Status;
  readonly environment: 'live' | 'sandbox';
  readonly workflowId: string;
  readonly featureNames: readonly string[];
  readonly vendorData: string | null;
  /** Any JSON value as the application sent it. */
  readonly metadata: unknown;
  readonly callback: string | null;
  readonly expectedDetails: JsonObject | null;
  readonly contactDetails: JsonObject | null;
  /** null until a step has run */
  readonly reports: readonly FeatureReport[] | null;
  readonly reviews: readonly DecisionReview[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** One line of the decision's `reviews`. */
export interface DecisionReview {
  readonly user: string;
  readonly new_status: string | null;
  readonly comment: string | null;
  readonly created_at: string;
}

/** The decision's arrays; each is null until the workflow has run such a step. */
const blockKeys = [
  'id_verifications',
  'nfc_verifications',
  'liveness_checks',
  'face_matches',
  'phone_verifications',
  'email_verifications',
  'poa_verifications',
  'document_ai_documents',
  'questionnaire_responses',
  'aml_screenings',
  'ip_analyses',
  'database_validations',
];

/** Singular objects beside the arrays, null until there is a result. */
const aliasKeys = ['id_verification', 'liveness', 'face'];

/**
 * The public V3 decision with the seed-shaped objects beside its arrays.
 * @param sessionUrl the link, or null where it must not appear (events)
 */
export function decisionOf(source: DecisionSource, sessionUrl: string | null): Record<string, unknown> {
  return {
    session_id: source.sessionId,
    session_kind: 'user',
    session_number: source.sessionNumber,
    session_url: sessionUrl,
    status: source.status,
    environment: source.environment,
    workflow_id: source.workflowId,
    features: source.featureNames,
    vendor_data: source.vendorData,
    metadata: source.metadata ?? null,
    callback: source.callback,
    expected_details: source.expectedDetails,
    contact_details: source.contactDetails,
    ...blocksOf(source),
    ...aliasesOf(source.reports ?? []),
    reviews: source.reviews,
    created_at: source.createdAt.toISOString(),
    expires_at: source.expiresAt.toISOString(),
  };
}

function blocksOf(source: DecisionSource): Record<string, Record<string, unknown>[] | null> {
  const blocks: Record<string, Record<string, unknown>[] | null> = {};
  for (const key of blockKeys) blocks[key] = null;
  for (const report of source.reports ?? []) {
    const feature = findFeature(report.feature);
    if (feature === undefined) continue;
    const block = blocks[feature.blockKey] ?? [];
    block.push(feature.block(report, source.sessionId));
    blocks[feature.blockKey] = block;
  }
  return blocks;
}

/** A step that ran twice shows its latest result. */
function aliasesOf(reports: readonly FeatureReport[]): Record<string, unknown> {
  const aliases: Record<string, unknown> = Object.fromEntries(aliasKeys.map((key) => [key, null]));
  for (const report of reports) {
    const alias = findFeature(report.feature)?.alias(report);
    if (alias) aliases[alias.key] = alias.value;
  }
  return aliases;
}
