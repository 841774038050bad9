import { createHmac } from 'node:crypto';

/** All that is made of the first data key of this service, and of what beside it; ids of signing keys are made where those are. */
interface Derived {
  /** HS256 of share tokens. */
  readonly 'share token': readonly [];
  /** Id of a key: one that somebody else has put into the table does not have it. */
  readonly 'audience key': readonly [applicationId: string, thumbprint: string];
  /** So that the same request is known again, and its vendor_data is not. */
  readonly 'import request': readonly [request: string];
  /** What a page signs. */
  readonly 'consent nonce': readonly [consentId: string, until: string];
  /** By which everything about a person is found. */
  readonly subject: readonly [applicationId: string, vendorData: string];
}

/**
 * HMAC-SHA-256 of a label and parts, 32 bytes. Two lists of parts never read the same, nor do two labels: nothing that is made for
 * one use is good for another.
 * @param root the first data key
 */
export function keyed<Label extends keyof Derived>(
  root: Uint8Array,
  label: Label,
  ...parts: Derived[Label]
): Buffer {
  return createHmac('sha256', root)
    .update(JSON.stringify([label, ...parts]))
    .digest();
}
