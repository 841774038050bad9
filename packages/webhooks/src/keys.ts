import { createPublicKey, type KeyObject } from 'node:crypto';
import type { WebhookJwk, WebhookKey } from './key-types.ts';
import { WebhookError } from './webhook-error.ts';

/** What a signature may have been made with. */
export interface Keys {
  /** Keys of HMAC-SHA-256. */
  readonly secrets: readonly Buffer[];
  /** Ed25519. */
  readonly publicKeys: readonly KeyObject[];
}

/** @throws WebhookError `key_invalid` */
export function readKeys(given: WebhookKey | readonly WebhookKey[]): Keys {
  const secrets: Buffer[] = [];
  const publicKeys: KeyObject[] = [];
  for (const key of [given].flat() as (WebhookKey | undefined)[]) {
    if (typeof key === 'string' && !key.startsWith('whpk_')) secrets.push(readSecret(key));
    else if (typeof key === 'string') publicKeys.push(readPublicKey(key.slice('whpk_'.length)));
    else if (typeof key !== 'object' || key === null)
      throw invalid('a key is undefined: is its variable set?');
    else publicKeys.push(...('keys' in key ? key.keys : [key]).map(readJwk));
  }
  if (secrets.length + publicKeys.length === 0) throw invalid('no key was given');
  return { secrets, publicKeys };
}

function readSecret(text: string): Buffer {
  const isStandard = text.startsWith('whsec_');
  const secret = isStandard ? Buffer.from(text.slice('whsec_'.length), 'base64') : Buffer.from(text, 'utf8');
  // An empty key is a valid HMAC key, with which anybody could sign.
  if (secret.length === 0) throw invalid('a secret is empty');
  return secret;
}

function readJwk({ kty, crv, x }: WebhookJwk): KeyObject {
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string')
    throw invalid('a JWK is not an Ed25519 key');
  return readPublicKey(x);
}

/** @param text 32 bytes in base64 or base64url */
function readPublicKey(text: string): KeyObject {
  const x = Buffer.from(text, 'base64');
  if (x.length !== 32) throw invalid('a public key is not 32 bytes long');
  try {
    return createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') },
      format: 'jwk',
    });
  } catch {
    throw invalid('a public key is not an Ed25519 key');
  }
}

function invalid(reason: string): WebhookError {
  return new WebhookError('key_invalid', `the webhook cannot be verified: ${reason}`);
}
