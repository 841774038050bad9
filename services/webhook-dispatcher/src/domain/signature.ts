import { createHmac, type KeyObject, sign } from 'node:crypto';

/** What the signatures cover, apart from the keys. */
export interface SignedMessage {
  /** UUID of the event, the same in every attempt. */
  readonly eventId: string;
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

/** The keys that belong to one secret. */
export interface SigningKey {
  /** As its owner sees it: the key of every HMAC is its UTF-8 bytes. */
  readonly secret: string;
  /** Private Ed25519 key; only where the destination asks for `v1a`. */
  readonly ed25519?: KeyObject;
}

const userAgent = 'Selfsame-Webhook/1.0';

/**
 * Headers of one attempt, for receivers of two worlds.
 *
 * The /v3 contract: HMAC-SHA-256 in lower-case hex. `X-Signature-V2` is defined over canonical JSON and `X-Signature`
 * over the raw bytes; the body is sent canonical, so both hold the same value and receivers of either kind accept it.
 * `X-Signature-Simple` covers the identity of the event only, for receivers that cannot reach the raw body. All three
 * are made with the current secret; while the previous one overlaps, `X-Signature-Previous` is the one of the raw
 * bytes under it.
 *
 * Standard Webhooks 1.0.0: `webhook-signature` lists a `v1` signature for each secret, then a `v1a` for each that has
 * an Ed25519 key.
 *
 * @param keys the current key first, then the previous one while it overlaps
 * @param options.test marks an event that nothing but its owner's wish to test has caused
 */
export function signedHeaders(
  message: SignedMessage,
  keys: readonly [SigningKey, ...SigningKey[]],
  options: { test?: boolean } = {},
): Record<string, string> {
  const { eventId, body, timestamp, sessionId, status, webhookType } = message;
  const [{ secret }, previous] = keys;
  const bodySignature = hmac(secret, body, 'hex');
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'User-Agent': userAgent,
    'X-Signature': bodySignature,
    'X-Signature-V2': bodySignature,
    'X-Signature-Simple': hmac(secret, `${timestamp}:${sessionId}:${status}:${webhookType}`, 'hex'),
    'X-Timestamp': String(timestamp),
    'webhook-id': eventId,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': standardSignatures(`${eventId}.${timestamp}.${body}`, keys),
  };
  if (previous !== undefined) headers['X-Signature-Previous'] = hmac(previous.secret, body, 'hex');
  if (options.test === true) headers['X-Didit-Test-Webhook'] = 'true';
  return headers;
}

function standardSignatures(signed: string, keys: readonly SigningKey[]): string {
  const signatures = keys.map(({ secret }) => `v1,${hmac(secret, signed, 'base64')}`);
  for (const { ed25519 } of keys) {
    if (ed25519 === undefined) continue;
    signatures.push(`v1a,${sign(null, Buffer.from(signed), ed25519).toString('base64')}`);
  }
  return signatures.join(' ');
}

/** Text keys and text messages are their UTF-8 bytes. */
function hmac(secret: string, message: string, encoding: 'hex' | 'base64'): string {
  return createHmac('sha256', secret).update(message).digest(encoding);
}
