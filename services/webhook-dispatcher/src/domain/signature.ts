import { createHmac } from 'node:crypto';

/** What the signatures cover, apart from the secret. */
export interface SignedMessage {
  /** The body, canonical JSON: its bytes are what is sent. */
  readonly body: string;
  /** Unix seconds; equal to the body's `timestamp`. */
  readonly timestamp: number;
  readonly sessionId: string;
  /** Session status, Title Case. */
  readonly status: string;
  /** Event name, for example `status.updated`. */
  readonly webhookType: string;
}

const userAgent = 'Selfsame-Webhook/1.0';

/**
 * Headers of one attempt. Each signature is HMAC-SHA-256 in lower-case hex, keyed with the UTF-8 bytes of the secret
 * as the owner sees it. `X-Signature-V2` is defined over canonical JSON and `X-Signature` over the raw bytes; the body
 * is sent canonical, so both hold the same value and receivers of either kind accept it. `X-Signature-Simple` covers
 * the identity of the event only, for receivers that cannot reach the raw body.
 */
export function signedHeaders(message: SignedMessage, secret: string): Record<string, string> {
  const { body, timestamp, sessionId, status, webhookType } = message;
  const bodySignature = hmacHex(secret, body);
  return {
    'Content-Type': 'application/json',
    'User-Agent': userAgent,
    'X-Signature': bodySignature,
    'X-Signature-V2': bodySignature,
    'X-Signature-Simple': hmacHex(secret, `${timestamp}:${sessionId}:${status}:${webhookType}`),
    'X-Timestamp': String(timestamp),
  };
}

function hmacHex(secret: string, message: string): string {
  return createHmac('sha256', Buffer.from(secret, 'utf8')).update(message, 'utf8').digest('hex');
}
