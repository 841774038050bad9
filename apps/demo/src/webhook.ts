import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The part of a webhook body that every receiver needs; each event has more. Times are unix seconds. */
export interface WebhookEvent {
  event_id: string;
  webhook_type: string;
  timestamp: number;
  created_at: number;
  /** Of session events: which session, how it stands, and the event's place among the session's events. */
  session_id?: string;
  status?: string;
  sequence?: number;
}

/** Two ways to check the same header. One that holds is enough; a repeated event was handled before. */
export type WebhookVerdict = { rawBytes: boolean; canonicalJson: boolean } & (
  | { outcome: 'accepted' | 'repeated'; event: WebhookEvent }
  | { outcome: 'refused'; reason: 'bad signature' | 'bad body' | 'stale timestamp' }
);

/** Makes the check for one application's webhook secret. Call it with the bytes as they came, before any parser. */
export function createWebhookVerifier(secret: string, now: () => number = Date.now) {
  const seen = new Set<string>();
  return (rawBody: Buffer, headers: IncomingHttpHeaders): WebhookVerdict => {
    const signature = String(headers['x-signature-v2'] ?? '');
    const body = parse(rawBody);
    const rawBytes = signs(secret, rawBody, signature);
    const canonicalJson = body !== undefined && signs(secret, canonical(body), signature);
    const checks = { rawBytes, canonicalJson };

    if (!rawBytes && !canonicalJson) return { ...checks, outcome: 'refused', reason: 'bad signature' };
    if (!isEvent(body)) return { ...checks, outcome: 'refused', reason: 'bad body' };
    // The signature covers the body only, so the header counts only if it repeats the body's own time.
    const fresh = Math.abs(now() / 1000 - body.timestamp) <= 300;
    if (!fresh || headers['x-timestamp'] !== String(body.timestamp))
      return { ...checks, outcome: 'refused', reason: 'stale timestamp' };

    // With a database: insert event_id under a unique key, in the transaction that does the work.
    if (seen.has(body.event_id)) return { ...checks, outcome: 'repeated', event: body };
    seen.add(body.event_id);
    if (seen.size > 10_000) for (const oldest of seen.values().take(1)) seen.delete(oldest);
    return { ...checks, outcome: 'accepted', event: body };
  };
}

/** HMAC-SHA-256 keyed with the secret's own text, as lower-case hex, compared in constant time. */
function signs(secret: string, message: string | Buffer, signature: string): boolean {
  if (!/^[0-9a-f]{64}$/.test(signature)) return false;
  return timingSafeEqual(
    createHmac('sha256', secret).update(message).digest(),
    Buffer.from(signature, 'hex'),
  );
}

/** Sorted keys, no spaces, unescaped Unicode: for receivers whose framework parsed the body already. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join()}}`;
}

function parse(rawBody: Buffer): unknown {
  try {
    return JSON.parse(rawBody.toString('utf8'));
  } catch {
    return undefined;
  }
}

function isEvent(body: unknown): body is WebhookEvent {
  if (typeof body !== 'object' || body === null) return false;
  const event = body as Partial<WebhookEvent>;
  return (
    typeof event.event_id === 'string' &&
    typeof event.webhook_type === 'string' &&
    typeof event.timestamp === 'number' &&
    typeof event.created_at === 'number'
  );
}
