import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SessionEvent, sessionBody, withTimestamp } from './body.ts';
import { canonicalJson, parseJson } from './canonical.ts';

const decision = {
  session_id: '8f7d5d06-93ab-4ea6-a7ab-3fbf4b7e9fc1',
  status: 'Approved',
  metadata: { ratio: 0.123456789 },
  liveness_checks: [
    { node_id: 'a', status: 'Declined', method: 'PASSIVE', score: 12 },
    { node_id: 'b', status: 'Approved', method: 'PASSIVE', score: 96.77777 },
  ],
  face_matches: [{ node_id: 'c', status: 'Approved', score: 92 }],
  id_verifications: null,
  liveness: { status: 'Approved', method: 'PASSIVE', score: 96.77777 },
  face: { status: 'Approved', similarity_score: 0.92 },
  id_verification: null,
};

const approved: SessionEvent = {
  eventId: '0193d0a2-1111-7000-8000-000000000001',
  applicationId: '5b3c7f10-0000-4000-8000-000000000001',
  environment: 'live',
  sessionId: decision.session_id,
  sequence: 3,
  status: 'Approved',
  workflowId: '5b3c7f10-0000-4000-8000-000000000002',
  workflowVersion: 2,
  vendorData: 'user-1',
  metadataJson: '{"order":12345678901234567890,"empty":{}}',
  decisionJson: JSON.stringify(decision),
  resubmitInfoJson: '',
  occurredAt: new Date(1_766_000_000_400),
};

const bare = { ...approved, vendorData: '', metadataJson: '', decisionJson: '' };

describe('the body of a session event', () => {
  test('a session without results is the envelope, in sorted order', () => {
    const body = sessionBody({ ...bare, status: 'Not Started' }, 'v3');
    expect(body).toBe(
      '{"application_id":"5b3c7f10-0000-4000-8000-000000000001","created_at":1766000000,"environment":"live",' +
        '"event_id":"0193d0a2-1111-7000-8000-000000000001","sequence":3,' +
        '"session_id":"8f7d5d06-93ab-4ea6-a7ab-3fbf4b7e9fc1","status":"Not Started","timestamp":1766000000,' +
        '"webhook_type":"status.updated","workflow_id":"5b3c7f10-0000-4000-8000-000000000002","workflow_version":2}',
    );
  });

  test('a session that an API call made has no workflow', () => {
    const body = JSON.parse(sessionBody({ ...approved, workflowId: '', workflowVersion: 0 }, 'v3'));
    expect(body).toMatchObject({ workflow_id: null, workflow_version: null });
  });

  test('a verdict holds the summaries at the top and the whole decision below', () => {
    const body = JSON.parse(sessionBody(approved, 'v3'));
    expect(body.liveness).toEqual({ status: 'Approved', method: 'PASSIVE', score: 96.7778 });
    expect(body.face).toEqual({ status: 'Approved', similarity_score: 0.92 });
    expect(body).not.toHaveProperty('id_verification');
    expect(body.decision.liveness_checks).toHaveLength(2);
    expect(body.decision.face_matches[0].score).toBe(92);
    expect(body.vendor_data).toBe('user-1');
  });

  test('the customer’s metadata keeps its digits, in both places', () => {
    const body = JSON.parse(sessionBody(approved, 'v3'));
    expect(body.metadata).toEqual({ order: '12345678901234567890', empty: null });
    expect(body.decision.metadata.ratio).toBe(0.123456789);
  });

  test.each(['v2', 'v1'] as const)('%s holds one object a feature, of its last run', (version) => {
    const { decision: singular } = JSON.parse(sessionBody(approved, version));
    expect(singular.liveness).toEqual({
      node_id: 'b',
      status: 'Approved',
      method: 'PASSIVE',
      score: 96.7778,
    });
    expect(singular.face_match.score).toBe(92);
    expect(singular.face.similarity_score).toBe(0.92);
    expect(singular.id_verification).toBeNull();
    expect(singular).not.toHaveProperty('liveness_checks');
  });

  test.each(['Approved', 'Declined', 'In Review', 'Abandoned'])('%s brings the decision', (status) => {
    expect(JSON.parse(sessionBody({ ...approved, status }, 'v3'))).toHaveProperty('decision');
  });

  test.each(['Not Started', 'In Progress', 'Not Finished', 'Resubmitted', 'Expired', 'Kyc Expired'])(
    '%s brings the summaries of what is there, and no decision',
    (status) => {
      const body = JSON.parse(sessionBody({ ...approved, status }, 'v3'));
      expect(body).not.toHaveProperty('decision');
      expect(body.liveness.status).toBe('Approved');
    },
  );

  test('a resubmission names the steps to repeat', () => {
    const info = { nodes_to_resubmit: [{ node_id: 'a', feature: 'LIVENESS' }], reasons: { a: 'blurred' } };
    const event = { ...bare, status: 'Resubmitted', resubmitInfoJson: JSON.stringify(info) };
    expect(JSON.parse(sessionBody(event, 'v3')).resubmit_info).toEqual(info);
    expect(JSON.parse(sessionBody({ ...event, status: 'Approved' }, 'v3'))).not.toHaveProperty(
      'resubmit_info',
    );
  });

  test('text that is not JSON is named and not quoted', () => {
    const bodyOf = (text: string) => () => sessionBody({ ...approved, metadataJson: text }, 'v3');
    expect(bodyOf('{"note":private}')).toThrow(new Error('the metadata of a session event is not JSON'));
  });

  test('a later signing changes the timestamp and nothing else', () => {
    const body = sessionBody(approved, 'v3');
    const later = withTimestamp(body, 1_766_000_060);
    expect(later).toBe(body.replace('"timestamp":1766000000', '"timestamp":1766000060'));
    expect(withTimestamp(body, 1_766_000_000)).toBe(body);
  });
});

describe('a body that is signed at another time', () => {
  /** What the splice saves: parsing, changing and writing again. */
  const slowly = (body: string, timestamp: number) =>
    canonicalJson({ ...(parseJson(body) as Record<string, never>), timestamp });
  const trap = '"timestamp":1';

  test('is the same as if it were parsed and written again, whatever stands in it', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(trap, `\\${trap}`, 'timestamp'));
    const metadata = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.dictionary(text, fc.integer())));
    const any = fc.record({ vendorData: text, metadata, status: text, workflowId: text, at: fc.nat() });
    fc.assert(
      fc.property(any, ({ metadata: given, at, ...more }) => {
        const body = sessionBody({ ...approved, ...more, metadataJson: JSON.stringify(given) }, 'v3');
        expect(withTimestamp(body, at)).toBe(slowly(body, at));
      }),
      { numRuns: 2_000 },
    );
  });

  test('must have a timestamp', () => {
    expect(() => withTimestamp('{"a":1}', 1)).toThrow('no timestamp');
    expect(() => withTimestamp('{"timestamp":"x"}', 1)).toThrow('no timestamp');
  });
});
