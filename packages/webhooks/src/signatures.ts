import { createHmac, timingSafeEqual, verify } from 'node:crypto';
import type { Lookup } from './headers.ts';
import type { Keys } from './keys.ts';
import { WebhookError } from './webhook-error.ts';

/**
 * Checks the signature over the raw bytes. `webhook-signature` decides where it stands; without it the headers of the
 * /v3 contract do.
 *
 * @returns the header with the time of signing. That of Standard Webhooks is signed; the other has to repeat the body's
 * @throws WebhookError `signature_missing`, `signature_mismatch`
 */
export function checkSignature(body: Uint8Array, header: Lookup, keys: Keys): 'signed' | 'unsigned' {
  const standard = header('webhook-signature');
  if (standard !== undefined) {
    const signed = Buffer.concat([
      Buffer.from(`${header('webhook-id') ?? ''}.${header('webhook-timestamp') ?? ''}.`),
      body,
    ]);
    if (!standard.split(' ').some((signature) => isStandardSignature(signature, signed, keys)))
      throw mismatch();
    return 'signed';
  }
  const hex = ['x-signature-v2', 'x-signature', 'x-signature-previous'].flatMap((name) => header(name) ?? []);
  if (hex.length === 0) {
    throw new WebhookError(
      'signature_missing',
      'the request has neither webhook-signature nor X-Signature-V2',
    );
  }
  if (keys.secrets.length === 0) {
    throw new WebhookError(
      'signature_missing',
      'the request has no webhook-signature, and a public key can check no other header',
    );
  }
  if (!hex.some((signature) => isHexSignature(signature, body, keys))) throw mismatch();
  return 'unsigned';
}

function isStandardSignature(text: string, signed: Uint8Array, { secrets, publicKeys }: Keys): boolean {
  const [version, encoded = ''] = text.split(',', 2);
  const signature = Buffer.from(encoded, 'base64');
  if (version === 'v1') return secrets.some((secret) => isHmac(signature, signed, secret));
  if (version !== 'v1a' || signature.length !== 64) return false;
  return publicKeys.some((key) => verify(null, signed, key, signature));
}

function isHexSignature(text: string, body: Uint8Array, { secrets }: Keys): boolean {
  if (!/^[0-9a-f]{64}$/i.test(text)) return false;
  const signature = Buffer.from(text, 'hex');
  return secrets.some((secret) => isHmac(signature, body, secret));
}

/** Takes the same time wherever the two differ. */
function isHmac(signature: Uint8Array, message: Uint8Array, secret: Buffer): boolean {
  const expected = createHmac('sha256', secret).update(message).digest();
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}

function mismatch(): WebhookError {
  return new WebhookError(
    'signature_mismatch',
    'no signature fits: another secret has signed, or these are not the bytes that were sent',
  );
}
