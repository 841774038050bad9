import { randomUUIDv7 } from 'node:crypto';
import { SessionStatusChanged } from '@selfsame/contracts/session/v1/events';

const workflowId = '0198f2b4-1111-7c1a-9f5e-2b6a4c8d1e3f';

/** The end of a first verification with two features: about 3.5 kB as a webhook's body. */
export function sessionEvent(applicationId: string): SessionStatusChanged {
  const sessionId = randomUUIDv7();
  return SessionStatusChanged.fromPartial({
    sessionId,
    applicationId,
    environment: 'live',
    sequence: 1n,
    status: 'Approved',
    previousStatus: 'In Progress',
    workflowId,
    workflowVersion: 3,
    workflowType: 'first_verification',
    vendorData: `customer-${sessionId}`,
    metadataJson: '{"account":"4711","branch":"Zürich","channel":"mobile","campaign":"spring","attempt":1}',
    callback: '',
    decisionJson: decisionJson(sessionId),
    occurredAt: new Date(),
    enrols: true,
  });
}

function decisionJson(sessionId: string): string {
  const at = new Date().toISOString();
  const warning = (risk: string) => ({
    risk,
    feature: 'LIVENESS',
    log_type: 'information',
    short_description: 'The light was low',
    long_description: 'The light on the face was lower than recommended; the result does not depend on it.',
    additional_data: null,
  });
  const liveness = {
    node_id: 'liveness',
    status: 'Approved',
    method: 'PASSIVE',
    score: 96.73,
    age_estimation: 31.4,
    face_quality: 88.12,
    face_luminance: 41.5,
    reference_image: null,
    video_url: null,
    matches: [],
    warnings: [warning('LOW_FACE_LUMINANCE')],
  };
  const face = {
    node_id: 'face_match',
    status: 'Approved',
    score: 92.51,
    similarity_score: 0.9251,
    source_image: null,
    target_image: null,
    warnings: [warning('LOW_FACE_MATCH_SIMILARITY')],
  };
  return JSON.stringify({
    session_id: sessionId,
    session_number: 48_213,
    status: 'Approved',
    workflow_id: workflowId,
    vendor_data: `customer-${sessionId}`,
    features: ['LIVENESS', 'FACE_MATCH'],
    callback: null,
    created_at: at,
    expires_at: at,
    liveness_checks: [liveness],
    face_matches: [face],
    id_verifications: null,
    ip_analyses: null,
    reviews: [
      { user: 'reviewer@example.com', new_status: 'Approved', comment: 'Looks fine', created_at: at },
    ],
    liveness,
    face,
  });
}
