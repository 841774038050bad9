import { sessionBody, statusUpdated, type WebhookVersion, type webhookEvents } from './body.ts';
import { canonicalJson, type JsonInput } from './canonical.ts';

/** Name of an event that a destination may subscribe to. */
export type WebhookEvent = (typeof webhookEvents)[number];

/** What a test event is made from; all ids are new and belong to nothing. */
export interface SampleSource {
  readonly eventId: string;
  readonly applicationId: string;
  /** live or sandbox */
  readonly environment: string;
  /** The session, user, business or transaction that the event is about. */
  readonly subjectId: string;
  readonly workflowId: string;
  readonly at: Date;
}

/** A test event as it is sent. */
export interface SampleEvent {
  /** Canonical JSON. */
  readonly body: string;
  /** Of the session or entity; empty where such an event has none. */
  readonly status: string;
}

/** Receivers tell tests from events of real people by it. */
const metadata = { test_webhook: true };
const vendorData = 'test-user';

/** An event that nothing has caused, in the shape that a real one of its name has. */
export function sampleEvent(
  webhookType: WebhookEvent,
  source: SampleSource,
  version: WebhookVersion,
): SampleEvent {
  if (webhookType === statusUpdated) {
    return { status: 'Approved', body: sessionBody(approvedSession(source), version) };
  }
  const { subject, status, ...rest } = entitySamples[webhookType];
  const createdAt = Math.floor(source.at.getTime() / 1000);
  const told: { [key: string]: JsonInput | undefined } = {
    [subject]: source.subjectId,
    status,
    ...rest,
    metadata,
  };
  const body = canonicalJson({
    event_id: source.eventId,
    webhook_type: webhookType,
    timestamp: createdAt,
    created_at: createdAt,
    application_id: source.applicationId,
    environment: source.environment,
    ...told,
    // The same once more, as the pages about entities show it.
    data: { ...told, uuid: source.subjectId },
  });
  return { status: status ?? '', body };
}

/** What the flat envelope of each event says beside its ids. */
const entitySamples: Record<
  Exclude<WebhookEvent, typeof statusUpdated>,
  {
    readonly subject: 'session_id' | 'vendor_user_id' | 'vendor_business_id' | 'transaction_id';
    readonly status?: string;
    readonly previous_status?: string;
    readonly changed_fields?: string[];
  }
> = {
  'data.updated': { subject: 'session_id', status: 'Approved', changed_fields: ['full_name'] },
  'user.status.updated': { subject: 'vendor_user_id', status: 'BLOCKED', previous_status: 'ACTIVE' },
  'user.data.updated': { subject: 'vendor_user_id', changed_fields: ['full_name'] },
  'business.status.updated': { subject: 'vendor_business_id', status: 'FLAGGED', previous_status: 'ACTIVE' },
  'business.data.updated': { subject: 'vendor_business_id', changed_fields: ['legal_name'] },
  'activity.created': { subject: 'vendor_user_id' },
  'transaction.created': { subject: 'transaction_id', status: 'APPROVED' },
  'transaction.status.updated': {
    subject: 'transaction_id',
    status: 'DECLINED',
    previous_status: 'IN_REVIEW',
  },
  'travel_rule.status.updated': {
    subject: 'transaction_id',
    status: 'COMPLETED',
    previous_status: 'PENDING',
  },
};

/** A returning user who was recognised. */
function approvedSession(source: SampleSource) {
  return {
    eventId: source.eventId,
    applicationId: source.applicationId,
    environment: source.environment,
    sessionId: source.subjectId,
    sequence: 1,
    status: 'Approved',
    workflowId: source.workflowId,
    workflowVersion: 1,
    vendorData,
    metadataJson: JSON.stringify(metadata),
    decisionJson: JSON.stringify(approvedDecision(source)),
    resubmitInfoJson: '',
    occurredAt: source.at,
  };
}

function approvedDecision({ subjectId, workflowId, environment, at }: SampleSource) {
  return {
    session_id: subjectId,
    session_kind: 'user',
    session_number: 1,
    session_url: null,
    status: 'Approved',
    environment,
    workflow_id: workflowId,
    features: ['LIVENESS', 'FACE_MATCH'],
    vendor_data: vendorData,
    metadata,
    callback: null,
    expected_details: null,
    contact_details: null,
    id_verifications: null,
    liveness_checks: [
      {
        node_id: 'liveness',
        status: 'Approved',
        method: 'PASSIVE',
        score: 97.3,
        reference_image: null,
        video_url: null,
        age_estimation: null,
        face_quality: 88.1,
        face_luminance: 52.4,
        matches: [],
        warnings: [],
      },
    ],
    face_matches: [
      {
        node_id: 'face_match',
        status: 'Approved',
        score: 94.6,
        source_image_session_id: subjectId,
        source_image: null,
        target_image: null,
        warnings: [],
      },
    ],
    liveness: { status: 'Approved', method: 'PASSIVE', score: 97.3 },
    face: { status: 'Approved', similarity_score: 0.946 },
    id_verification: null,
    reviews: [],
    created_at: at.toISOString(),
  };
}
