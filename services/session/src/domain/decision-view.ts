import type { FeatureReport, ImageUrls } from './features/feature.ts';
import type { KnownSession } from './features/known-session.ts';
import { features, findFeature } from './features/registry.ts';
import type { JsonObject } from './fields.ts';
import type { SessionType, StepUp } from './session.ts';
import type { SharedFromSession } from './shared-session.ts';
import type { Status } from './status.ts';
import { adaptiveView } from './step-up.ts';

/** What the decision of a session is made from. */
export interface DecisionSource {
  readonly sessionId: string;
  readonly sessionNumber: number;
  readonly status: Status;
  readonly environment: 'live' | 'sandbox';
  readonly type: SessionType;
  /** null for a session that a standalone call made */
  readonly workflowId: string | null;
  readonly featureNames: readonly string[];
  readonly vendorData: string | null;
  /** Any JSON value as the application sent it. */
  readonly metadata: unknown;
  readonly callback: string | null;
  readonly expectedDetails: JsonObject | null;
  readonly contactDetails: JsonObject | null;
  /** null until a step has run */
  readonly reports: readonly FeatureReport[] | null;
  readonly stepUp: StepUp | null;
  /** Of an imported session alone. */
  readonly sharedFrom: SharedFromSession | null;
  readonly createdAt: Date;
  /** null where nothing is waited for */
  readonly expiresAt: Date | null;
}

/** One line of the decision's `reviews`. */
export interface DecisionReview {
  readonly user: string;
  readonly new_status: string | null;
  readonly comment: string | null;
  readonly created_at: string;
}

/** The contract's arrays; each is null until the workflow has run such a step. A feature may add its own. */
const contractBlockKeys = [
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

/** The contract's summary blocks at the top level, null until there is a result. A feature may add its own. */
const contractSummaryKeys = ['id_verification', 'liveness', 'face'];

/**
 * The public V3 decision with the summary blocks beside its arrays.
 * @param shown.sessionUrl the link, or null where it must not appear (events)
 * @param shown.reviews oldest first
 * @param shown.known what is known now of the sessions that matches name, by id
 * @param shown.images where kept pictures can be seen, by id; none in events, which outlive such links
 */
export function decisionOf(
  source: DecisionSource,
  shown: {
    readonly sessionUrl: string | null;
    readonly reviews: readonly DecisionReview[];
    readonly known: ReadonlyMap<string, KnownSession>;
    readonly images?: ImageUrls;
  },
): Record<string, unknown> {
  return {
    session_id: source.sessionId,
    session_kind: 'user',
    session_number: source.sessionNumber,
    session_url: shown.sessionUrl,
    status: source.status,
    environment: source.environment,
    workflow_id: source.workflowId,
    features: source.featureNames,
    vendor_data: source.vendorData,
    metadata: source.metadata ?? null,
    callback: source.callback,
    expected_details: source.expectedDetails,
    contact_details: source.contactDetails,
    ...blocksOf(source, shown),
    ...summariesOf(source.reports ?? []),
    adaptive: adaptiveView(source.stepUp),
    shared_from_session: source.sharedFrom,
    reviews: shown.reviews,
    created_at: source.createdAt.toISOString(),
    expires_at: source.expiresAt?.toISOString() ?? null,
  };
}

function blocksOf(
  source: DecisionSource,
  { known, images }: { readonly known: ReadonlyMap<string, KnownSession>; readonly images?: ImageUrls },
): Record<string, Record<string, unknown>[] | null> {
  const blocks: Record<string, Record<string, unknown>[] | null> = {};
  for (const key of contractBlockKeys) blocks[key] = null;
  for (const { blockKey } of features) blocks[blockKey] = null;
  for (const report of source.reports ?? []) {
    const feature = findFeature(report.feature);
    if (feature === undefined) continue;
    const block = blocks[feature.blockKey] ?? [];
    block.push(feature.block(report, source.sessionId, known, images));
    blocks[feature.blockKey] = block;
  }
  return blocks;
}

/** A step that ran twice shows its latest result. */
function summariesOf(reports: readonly FeatureReport[]): Record<string, unknown> {
  const summaries: Record<string, unknown> = {};
  for (const key of contractSummaryKeys) summaries[key] = null;
  for (const { summaryKey } of features) summaries[summaryKey] = null;
  for (const report of reports) {
    const feature = findFeature(report.feature);
    if (feature) summaries[feature.summaryKey] = feature.summary(report);
  }
  return summaries;
}

/**
 * The newest reviews that fit into `maxBytes` of JSON, oldest first. The newest one is always there, its comment cut
 * where it must be.
 */
export function newestReviews(reviews: readonly DecisionReview[], maxBytes: number): DecisionReview[] {
  const kept: DecisionReview[] = [];
  let left = maxBytes;
  for (const review of reviews.toReversed()) {
    left -= jsonBytes(review) + 1;
    if (left < 0) break;
    kept.unshift(review);
  }
  const newest = reviews.at(-1);
  return kept.length === 0 && newest ? [cutComment(newest, maxBytes)] : kept;
}

function cutComment(review: DecisionReview, maxBytes: number): DecisionReview {
  let left = maxBytes - jsonBytes({ ...review, comment: '…' });
  let comment = '';
  for (const character of review.comment ?? '') {
    left -= jsonBytes(character) - 2;
    if (left < 0) break;
    comment += character;
  }
  return { ...review, comment: `${comment}…` };
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
