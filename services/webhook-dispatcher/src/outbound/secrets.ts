import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Keeps webhook secrets unreadable in the database and its backups. */
export interface SecretBox {
  /** @param owner id of the row that holds the result; a box moved to another row does not open */
  seal(secret: string, owner: string): Buffer;
  /** @throws Error when the key, the owner or a single bit differs */
  open(sealed: Buffer, owner: string): string;
}

/** Version 1: AES-256-GCM. A version byte, so that a later format can be told apart. */
const version = 1;
const nonceBytes = 12;
const tagBytes = 16;

/** A box for secrets under a 32-byte key. */
export function createSecretBox(key: Buffer): SecretBox {
  return {
    seal(secret, owner) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(owner));
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.from([version]), nonce, cipher.getAuthTag(), text]);
    },
    open(sealed, owner) {
      if (sealed[0] !== version) throw new Error('a webhook secret is sealed in an unknown format');
      const nonce = sealed.subarray(1, 1 + nonceBytes);
      const tag = sealed.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(owner)).setAuthTag(tag);
      const text = sealed.subarray(1 + nonceBytes + tagBytes);
      return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
    },
  };
}

/** A new secret as its owner sees it: 43 URL-safe characters of 32 random bytes. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
