import type { IncomingHttpHeaders } from 'node:http';
import { verifyWebhook, WebhookError, type WebhookErrorCode, type WebhookEvent } from '@selfsame/webhooks';

/** Two ways to check the same signature. One that holds is enough; a repeated event was handled before. */
export type WebhookVerdict = { rawBytes: boolean; canonicalJson: boolean } & (
  | { outcome: 'accepted' | 'repeated'; event: WebhookEvent }
  | { outcome: 'refused'; reason: WebhookErrorCode }
);

/** Makes the check for one application's webhook secret. Call it with the bytes as they came, before any parser. */
export function createWebhookVerifier(secret: string, now: () => number = Date.now) {
  const seen = new Set<string>();

  function check(body: string | Buffer, headers: IncomingHttpHeaders): WebhookEvent | WebhookErrorCode {
    try {
      return verifyWebhook(body, headers, secret, { now });
    } catch (error) {
      if (error instanceof WebhookError) return error.code;
      throw error;
    }
  }

  /** With a database: insert event_id under a unique key, in the transaction that does the work. */
  function remember(event: WebhookEvent): 'accepted' | 'repeated' {
    if (seen.has(event.event_id)) return 'repeated';
    seen.add(event.event_id);
    if (seen.size > 10_000) for (const oldest of seen.values().take(1)) seen.delete(oldest);
    return 'accepted';
  }

  return (rawBody: Buffer, headers: IncomingHttpHeaders): WebhookVerdict => {
    const raw = check(rawBody, headers);
    // Most receivers need the line above alone. This one also helps where something on the way re-encodes bodies.
    const canonical = check(canonicalText(rawBody), headers);
    const checks = { rawBytes: typeof raw !== 'string', canonicalJson: typeof canonical !== 'string' };
    if (typeof raw !== 'string') return { ...checks, outcome: remember(raw), event: raw };
    if (typeof canonical !== 'string') return { ...checks, outcome: remember(canonical), event: canonical };
    return { ...checks, outcome: 'refused', reason: raw };
  };
}

/** The same JSON in the form in which it was sent: sorted keys, no spaces, unescaped Unicode. */
function canonicalText(rawBody: Buffer): string {
  const text = rawBody.toString('utf8');
  try {
    return canonicalJson(JSON.parse(text));
  } catch {
    return text;
  }
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join()}}`;
}
