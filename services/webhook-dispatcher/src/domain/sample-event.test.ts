import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { webhookEvents, withTimestamp } from './body.ts';
import { canonicalJson, parseJson } from './canonical.ts';
import { sampleEvent } from './sample-event.ts';

const source = {
  eventId: randomUUID(),
  applicationId: randomUUID(),
  environment: 'sandbox',
  subjectId: randomUUID(),
  workflowId: randomUUID(),
  at: new Date('2026-03-01T10:00:00.500Z'),
};

describe('a test event', () => {
  test.each(webhookEvents)(
    '%s has the envelope, the mark of a test and one canonical form',
    (webhookType) => {
      const { body, status } = sampleEvent(webhookType, source, 'v3');
      const parsed = JSON.parse(body);
      expect(parsed).toMatchObject({
        event_id: source.eventId,
        webhook_type: webhookType,
        application_id: source.applicationId,
        environment: 'sandbox',
        created_at: 1_772_359_200,
        timestamp: 1_772_359_200,
        metadata: { test_webhook: true },
      });
      expect(parsed.status ?? '').toBe(status);
      expect(canonicalJson(parseJson(body))).toBe(body);
      const later = JSON.parse(withTimestamp(body, 1_772_359_999));
      expect(later).toEqual({ ...parsed, timestamp: 1_772_359_999 });
    },
  );

  test('of a status holds a decision in the version of the destination', () => {
    const decisionIn = (version: 'v2' | 'v3') =>
      JSON.parse(sampleEvent('status.updated', source, version).body).decision;
    expect(decisionIn('v3').liveness_checks[0]).toMatchObject({ status: 'Approved', method: 'PASSIVE' });
    expect(decisionIn('v2').liveness_checks).toBeUndefined();
    expect(decisionIn('v2').liveness).toMatchObject({ status: 'Approved', node_id: 'liveness' });
  });

  test('of an entity names it flat and in data', () => {
    const parsed = JSON.parse(sampleEvent('user.status.updated', source, 'v3').body);
    expect(parsed).toMatchObject({
      vendor_user_id: source.subjectId,
      status: 'BLOCKED',
      previous_status: 'ACTIVE',
      data: { vendor_user_id: source.subjectId, uuid: source.subjectId, status: 'BLOCKED' },
    });
  });
});
