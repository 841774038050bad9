import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** The sender's side, written from its documentation alone. */
export const secret = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA';
export const previousSecret = 'previous-secret-of-this-destination-0000000A';
export const nowMs = 1_766_000_000_000;
export const now = () => nowMs;
export const ed25519 = generateKeyPairSync('ed25519');

export const event = {
  application_id: '5b3c7f10-0000-4000-8000-000000000001',
  created_at: 1_766_000_000,
  environment: 'live',
  event_id: '0193d0a2-1111-7000-8000-000000000001',
  face: { similarity_score: 0.92, status: 'Approved' },
  metadata: { name: 'Zoë/“Łódź”' },
  sequence: 3,
  session_id: '8f7d5d06-93ab-4ea6-a7ab-3fbf4b7e9fc1',
  status: 'Approved',
  timestamp: 1_766_000_000,
  webhook_type: 'status.updated',
  workflow_id: '5b3c7f10-0000-4000-8000-000000000002',
  workflow_version: 2,
};
export const body = JSON.stringify(event);

const hmac = (key: string, text: string, encoding: 'hex' | 'base64') =>
  createHmac('sha256', Buffer.from(key)).update(Buffer.from(text)).digest(encoding);

/** X-Signature-V2 and its companions. */
export function contractHeaders(text = body, key = secret, timestamp = event.timestamp) {
  const signature = hmac(key, text, 'hex');
  return { 'x-signature-v2': signature, 'x-signature': signature, 'x-timestamp': String(timestamp) };
}

/** Standard Webhooks: a v1 for each secret, then a v1a for each private key. */
export function standardHeaders(
  text = body,
  keys: readonly (string | KeyObject)[] = [secret],
  timestamp = event.timestamp,
) {
  const signed = `${event.event_id}.${timestamp}.${text}`;
  const signatures = keys.map((key) =>
    typeof key === 'string'
      ? `v1,${hmac(key, signed, 'base64')}`
      : `v1a,${sign(null, Buffer.from(signed), key).toString('base64')}`,
  );
  return {
    'webhook-id': event.event_id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
