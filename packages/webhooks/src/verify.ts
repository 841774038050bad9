import type { WebhookEvent } from './events.ts';
import { headerLookup, type WebhookHeaders } from './headers.ts';
import type { WebhookKey } from './key-types.ts';
import { readKeys } from './keys.ts';
import { checkSignature } from './signatures.ts';
import { WebhookError } from './webhook-error.ts';

export interface VerifyOptions {
  /** How old, or how far ahead, a delivery may be. 300 unless told. */
  readonly toleranceSeconds?: number;
  /** Milliseconds since 1970; the computer's clock unless told. */
  readonly now?: () => number;
}

/**
 * Verifies a webhook before anything in it is believed: that one of the keys has signed exactly these bytes, lately.
 *
 * It does not remember events: the same one may come again and is as genuine. Store `event_id` under a unique key.
 *
 * @param rawBody the bytes as they came, or their text; not what a framework has parsed
 * @param headers of the request
 * @param keys one key, or several while a secret is being rotated
 * @throws WebhookError with a stable `code`
 */
export function verifyWebhook(
  rawBody: string | Uint8Array | ArrayBuffer,
  headers: WebhookHeaders,
  keys: WebhookKey | readonly WebhookKey[],
  { toleranceSeconds = 300, now = Date.now }: VerifyOptions = {},
): WebhookEvent {
  const body = bytesOf(rawBody);
  const header = headerLookup(headers);
  const time = checkSignature(body, header, readKeys(keys));
  const event = parseEvent(body);
  const claimed = header(time === 'signed' ? 'webhook-timestamp' : 'x-timestamp') ?? '';
  if (!/^\d{1,12}$/.test(claimed)) {
    throw new WebhookError('timestamp_invalid', 'the request does not say when it was signed');
  }
  if (time === 'unsigned' && Number(claimed) !== event.timestamp) {
    throw new WebhookError('timestamp_invalid', 'X-Timestamp differs from the timestamp in the signed body');
  }
  const isFresh = Math.abs(now() / 1000 - Number(claimed)) <= toleranceSeconds;
  if (!isFresh) {
    throw new WebhookError(
      'timestamp_stale',
      `the request was not signed within ${toleranceSeconds} s of now`,
    );
  }
  return event;
}

function bytesOf(rawBody: unknown): Uint8Array {
  if (typeof rawBody === 'string') return Buffer.from(rawBody, 'utf8');
  if (rawBody instanceof Uint8Array) return rawBody;
  if (rawBody instanceof ArrayBuffer) return new Uint8Array(rawBody);
  throw new WebhookError(
    'body_not_raw',
    'verifyWebhook needs the raw body, a string or bytes, and was given something that a framework has parsed already: ' +
      'switch its JSON parser off for this route (express.raw(), a content type parser in Fastify, request.text())',
  );
}

function parseEvent(body: Uint8Array): WebhookEvent {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new WebhookError('body_invalid', 'the signed body is not JSON');
  }
  if (!isEvent(value)) throw new WebhookError('body_invalid', 'the signed body is not a webhook event');
  return value;
}

/** Who signs is trusted with the rest; the envelope tells an event from other JSON. */
function isEvent(value: unknown): value is WebhookEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { event_id, webhook_type, timestamp, created_at } = value as Partial<WebhookEvent>;
  return (
    typeof event_id === 'string' &&
    typeof webhook_type === 'string' &&
    Number.isInteger(timestamp) &&
    Number.isInteger(created_at)
  );
}
