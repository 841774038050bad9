import { createHmac, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createWebhookVerifier } from '../src/webhook.ts';

const SECRET = 'a-webhook-secret';
const NOW_MS = 1_750_000_000_000;
const NOW = NOW_MS / 1000;

function event(changes: object = {}) {
  return {
    application_id: randomUUID(),
    created_at: NOW,
    decision: { face_matches: [{ score: 96.5, warnings: [] }], status: 'Approved' },
    event_id: randomUUID(),
    metadata: { a: 1, name: 'Zoë/“Łódź”\n', nested: { y: [true, null], z: 0.5 } },
    session_id: randomUUID(),
    status: 'Approved',
    timestamp: NOW,
    webhook_type: 'status.updated',
    ...changes,
  };
}

const sign = (body: string, secret = SECRET) => createHmac('sha256', secret).update(body).digest('hex');

function verify(sent: { body: string; signature?: string; timestamp?: string; now?: number }) {
  return createWebhookVerifier(SECRET, () => sent.now ?? NOW_MS)(Buffer.from(sent.body), {
    'x-signature-v2': sent.signature ?? sign(sent.body),
    'x-timestamp': sent.timestamp ?? String(NOW),
  });
}

describe('a webhook', () => {
  it('as it was sent holds by raw bytes and by canonical JSON', () => {
    const verdict = verify({ body: JSON.stringify(event()) });
    expect(verdict).toMatchObject({ outcome: 'accepted', rawBytes: true, canonicalJson: true });
  });

  it('that a proxy re-encoded holds by canonical JSON alone', () => {
    const sent = JSON.stringify(event());
    const { status, ...rest } = JSON.parse(sent);
    const reordered = JSON.stringify({ status, ...rest }, null, 2);
    const verdict = verify({ body: reordered, signature: sign(sent) });
    expect(verdict).toMatchObject({ outcome: 'accepted', rawBytes: false, canonicalJson: true });
  });

  it('signed over bytes that are not canonical holds by raw bytes alone', () => {
    const verdict = verify({ body: JSON.stringify(event(), null, 1) });
    expect(verdict).toMatchObject({ outcome: 'accepted', rawBytes: true, canonicalJson: false });
  });

  it('holds by the headers of Standard Webhooks alone', () => {
    const body = JSON.stringify(event());
    const signature = createHmac('sha256', SECRET).update(`id.${NOW}.${body}`).digest('base64');
    const verdict = createWebhookVerifier(SECRET, () => NOW_MS)(Buffer.from(body), {
      'webhook-id': 'id',
      'webhook-timestamp': String(NOW),
      'webhook-signature': `v1,${signature}`,
    });
    expect(verdict).toMatchObject({ outcome: 'accepted', rawBytes: true, canonicalJson: true });
  });

  it('with keys that look like numbers is sorted as text', () => {
    const body = JSON.stringify(event({ metadata: {} })).replace(
      '"metadata":{}',
      '"metadata":{"10":1,"9":2}',
    );
    expect(verify({ body })).toMatchObject({ outcome: 'accepted', canonicalJson: true });
  });

  const genuine = JSON.stringify(event());
  it.each([
    ['whose body was altered', 'signature_mismatch', { body: genuine.replace('Approved', 'Declined') }],
    ['of another secret', 'signature_mismatch', { signature: sign(genuine, 'another-secret') }],
    ['without a signature', 'signature_missing', { signature: '' }],
    ['with something behind its signature', 'signature_mismatch', { signature: `${sign(genuine)}00` }],
    ['with half a signature', 'signature_mismatch', { signature: sign(genuine).slice(0, 32) }],
  ])('%s is refused: %s', (_name, reason, change) => {
    expect(verify({ body: genuine, signature: sign(genuine), ...change })).toEqual({
      outcome: 'refused',
      reason,
      rawBytes: false,
      canonicalJson: false,
    });
  });

  it.each([
    ['301 s old', 'timestamp_stale', { now: NOW_MS + 301_000 }],
    ['301 s ahead', 'timestamp_stale', { now: NOW_MS - 301_000 }],
    [
      'whose header claims a fresher time than the signed body',
      'timestamp_invalid',
      { timestamp: String(NOW + 400), now: NOW_MS },
    ],
    ['whose header differs from the signed body', 'timestamp_invalid', { timestamp: String(NOW - 1) }],
  ])('%s is refused: %s', (_name, reason, change) => {
    const verdict = verify({ body: JSON.stringify(event()), ...change });
    expect(verdict).toMatchObject({ outcome: 'refused', reason });
  });

  it('exactly 300 s old is still fresh', () => {
    const verdict = verify({ body: JSON.stringify(event()), now: NOW_MS + 300_000 });
    expect(verdict.outcome).toBe('accepted');
  });

  it.each(['', 'null', '[]', '{}', 'no json', '{"event_id":1}'])('with the body %j is refused', (body) => {
    expect(verify({ body })).toMatchObject({ outcome: 'refused', reason: 'body_invalid' });
  });

  it('delivered again, re-signed with a new time, is known as a repetition', () => {
    const check = createWebhookVerifier(SECRET, () => NOW_MS);
    const first = event({ created_at: NOW - 60, timestamp: NOW - 60 });
    const outcomes = [first, { ...first, timestamp: NOW }, event()].map((sent) => {
      const body = JSON.stringify(sent);
      const headers = { 'x-signature-v2': sign(body), 'x-timestamp': String(sent.timestamp) };
      return check(Buffer.from(body), headers).outcome;
    });
    expect(outcomes).toEqual(['accepted', 'repeated', 'accepted']);
  });
});
