import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ReceivedRequest } from '@selfsame/testing/receiver';

/**
 * How receivers check a webhook, written from the contract's text alone. Nothing of the service is used here, so that
 * both cannot be wrong in the same way.
 */

/** X-Signature-V2 over the bytes as they came. */
export function acceptsRawBytes({ rawBody, headers }: ReceivedRequest, secret: string): boolean {
  return (
    equal(hmacOf(secret, rawBody), headers['x-signature-v2']) &&
    equal(hmacOf(secret, rawBody), headers['x-signature'])
  );
}

/** X-Signature-V2 over the parsed body: keys sorted, compact, Unicode unescaped. */
export function acceptsCanonicalJson({ rawBody, headers }: ReceivedRequest, secret: string): boolean {
  const text = JSON.stringify(sorted(JSON.parse(rawBody.toString('utf8'))));
  return equal(hmacOf(secret, text), headers['x-signature-v2']);
}

/** X-Signature-Simple over the event's identity. */
export function acceptsSimple({ rawBody, headers }: ReceivedRequest, secret: string): boolean {
  const { timestamp, session_id, status, webhook_type } = JSON.parse(rawBody.toString('utf8'));
  const message = [timestamp, session_id, status, webhook_type].join(':');
  return (
    String(timestamp) === headers['x-timestamp'] &&
    equal(hmacOf(secret, message), headers['x-signature-simple'])
  );
}

/** All of them. */
export function isAuthentic(request: ReceivedRequest, secret: string): boolean {
  return (
    acceptsRawBytes(request, secret) &&
    acceptsCanonicalJson(request, secret) &&
    acceptsSimple(request, secret)
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

/** HMAC-SHA-256 in hex, as the three X-Signature headers hold it. */
export function hmacOf(secret: string, message: string | Buffer): string {
  return createHmac('sha256', secret).update(message).digest('hex');
}

function equal(expected: string, given: string | string[] | undefined): boolean {
  if (typeof given !== 'string' || given.length !== expected.length) return false;
  return timingSafeEqual(Buffer.from(expected), Buffer.from(given));
}
