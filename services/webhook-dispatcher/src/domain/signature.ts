import { createHmac, type KeyObject, sign } from 'node:crypto';

/** What the signatures cover, apart from the keys. */
export interface SignedMessage {
  /** UUID of the event, the same in every attempt. */
  readonly eventId: string;
  /** The body, canonical JSON: the very bytes that are sent, or their text. */
  readonly body: string | Uint8Array;
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
  const bodySignature = hmacHex(secret, body);
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'User-Agent': userAgent,
    'X-Signature': bodySignature,
    'X-Signature-V2': bodySignature,
    'X-Signature-Simple': hmacHex(secret, `${timestamp}:${sessionId}:${status}:${webhookType}`),
    'X-Timestamp': String(timestamp),
    'webhook-id': eventId,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': standardSignatures(`${eventId}.${timestamp}.`, body, keys),
  };
  if (previous !== undefined) headers['X-Signature-Previous'] = hmacHex(previous.secret, body);
  if (options.test === true) headers['X-Didit-Test-Webhook'] = 'true';
  return headers;
}

function standardSignatures(prefix: string, body: string | Uint8Array, keys: readonly SigningKey[]): string {
  const signatures = keys.map(({ secret }) => {
    const signature = createHmac('sha256', secret).update(prefix).update(body).digest('base64');
    return `v1,${signature}`;
  });
  for (const { ed25519 } of keys) {
    if (ed25519 === undefined) continue;
    const signed = Buffer.concat([Buffer.from(prefix), Buffer.from(body)]);
    signatures.push(`v1a,${sign(null, signed, ed25519).toString('base64')}`);
  }
  return signatures.join(' ');
}

/** Text is its UTF-8 bytes. */
function hmacHex(secret: string, message: string | Uint8Array): string {
  return createHmac('sha256', secret).update(message).digest('hex');
}
