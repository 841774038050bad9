/**
 * Why a webhook was not accepted.
 *
 * | code                 | who is at fault                                                                           |
 * | -------------------- | ----------------------------------------------------------------------------------------- |
 * | `body_not_raw`       | the receiver: a framework has parsed the body before it was verified                      |
 * | `key_invalid`        | the receiver: no key was given, or one that is neither a secret nor a public key          |
 * | `signature_missing`  | the sender: no header that these keys can check                                           |
 * | `signature_mismatch` | the sender: not signed with any of these keys, or the bytes have changed on the way       |
 * | `timestamp_invalid`  | the sender: no time, or a header that differs from the signed body                        |
 * | `timestamp_stale`    | the sender: signed too long ago or too far ahead; perhaps somebody repeats an old request |
 * | `body_invalid`       | the sender: signed, but not the JSON of an event                                          |
 */
export type WebhookErrorCode =
  | 'body_not_raw'
  | 'key_invalid'
  | 'signature_missing'
  | 'signature_mismatch'
  | 'timestamp_invalid'
  | 'timestamp_stale'
  | 'body_invalid';

/** Thrown by verifyWebhook. The message is for the receiver's log and holds neither key nor body. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';
  readonly code: WebhookErrorCode;
  /** HTTP status to answer with: 500 where the receiver is at fault, 401 or 400 otherwise. Express and Fastify use it. */
  readonly statusCode: number;

  constructor(code: WebhookErrorCode, message: string) {
    super(message);
    this.code = code;
    this.statusCode = statusCodes[code];
  }
}

const statusCodes: Record<WebhookErrorCode, number> = {
  body_not_raw: 500,
  key_invalid: 500,
  signature_missing: 401,
  signature_mismatch: 401,
  timestamp_invalid: 401,
  timestamp_stale: 401,
  body_invalid: 400,
};
