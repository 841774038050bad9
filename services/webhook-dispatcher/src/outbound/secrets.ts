import {
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { Keyring } from '@selfsame/keys/keyring';
import { Failure } from '@selfsame/runtime/errors';

/** The destination whose secret it is: what is sealed for one opens for no other, neither its tenant's nor another's. */
export interface SecretOwner {
  readonly applicationId: string;
  /** Of the destination. */
  readonly id: string;
}

/** Keeps webhook secrets unreadable in the database and its backups. */
export interface SecretBox {
  seal(secret: string, owner: SecretOwner): Buffer;
  /** @throws Failure `sealed_unopenable` when the key, the owner or a single bit differs */
  open(sealed: Buffer, owner: SecretOwner): Promise<string>;
}

/**
 * Before there were keyrings: this byte, nonce, tag and text, under the service's own key and bound to the destination's id
 * alone. It is resealed by and by.
 */
const formerFormat = 1;
const nonceBytes = 12;
const tagBytes = 16;

/** A box for the secrets of destinations. */
export function createSecretBox(keyring: Pick<Keyring, 'seal' | 'open' | 'root'>): SecretBox {
  const parts = ({ applicationId, id }: SecretOwner) => [applicationId, id];
  return {
    seal: (secret, owner) => keyring.seal(Buffer.from(secret, 'utf8'), parts(owner)),
    async open(sealed, owner) {
      if (sealed[0] === formerFormat) return openFormer(keyring.root, sealed, owner.id);
      return (await keyring.open(sealed, parts(owner))).toString('utf8');
    },
  };
}

/** @throws Failure `sealed_unopenable` */
export function openFormer(key: Buffer, sealed: Buffer, destinationId: string): string {
  try {
    const nonce = sealed.subarray(1, 1 + nonceBytes);
    const tag = sealed.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(destinationId)).setAuthTag(tag);
    const text = sealed.subarray(1 + nonceBytes + tagBytes);
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  } catch {
    throw new Failure('internal', 'sealed_unopenable', 'A webhook secret could not be opened.');
  }
}

/** A new secret as its owner sees it: 43 URL-safe characters of 32 random bytes. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** The same secret as libraries for Standard Webhooks want it: their key is what stands in base64 behind the prefix. */
export function standardWebhooksSecret(secret: string): string {
  return `whsec_${Buffer.from(secret, 'utf8').toString('base64')}`;
}

/** PKCS #8 (RFC 8410) of an Ed25519 private key up to its 32 bytes. */
const ed25519Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The private Ed25519 key that signs for a destination. It is derived and stored nowhere, turns with the secret, and
 * cannot be derived by the receiver, who knows the secret alone.
 *
 * @param serviceKey 32 bytes that only this service has
 */
export function ed25519KeyOf(serviceKey: Buffer, secret: string, destinationId: string): KeyObject {
  const seed = hkdfSync('sha256', serviceKey, secret, `selfsame/webhooks/ed25519/${destinationId}`, 32);
  const key = Buffer.concat([ed25519Prefix, Buffer.from(seed)]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

/** Public half of an Ed25519 key as RFC 8037 writes it; `kid` is its thumbprint (RFC 7638). */
export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  /** 32 bytes, base64url. */
  readonly x: string;
  readonly use: 'sig';
  readonly kid: string;
}

/** @param key an Ed25519 key, private or public */
export function toJwk(key: KeyObject): PublicJwk {
  const x = publicKeyBytes(key).toString('base64url');
  const kid = createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url');
  return { kty: 'OKP', crv: 'Ed25519', x, use: 'sig', kid };
}

/**
 * The public half as Standard Webhooks writes it: `whpk_` and 32 bytes in base64.
 *
 * @param key an Ed25519 key, private or public
 */
export function publicKeyText(key: KeyObject): string {
  return `whpk_${publicKeyBytes(key).toString('base64')}`;
}

function publicKeyBytes(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
}
