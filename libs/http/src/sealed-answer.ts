import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** What a repeated request is answered with. */
export interface Answer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly location: string | undefined;
  readonly body: string;
}

/** Closes and opens the answers of one API key and idempotency key. */
export interface Seal {
  close(answer: Answer): Buffer;
  /** @throws when the bytes were sealed with other keys or altered */
  open(sealed: Buffer): Answer;
}

const nonceBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM under a key that only the caller's own secrets give, so that the stored answers (session tokens among them)
 * are closed to whoever holds the table. Layout: nonce, tag, ciphertext.
 */
export function answerSeal(apiKey: string, idempotencyKey: string): Seal {
  const key = Buffer.from(hkdfSync('sha256', apiKey, idempotencyKey, 'selfsame idempotent answer', 32));
  return {
    close(answer) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
      const text = Buffer.concat([cipher.update(JSON.stringify(answer), 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]);
    },
    open(sealed) {
      const nonce = sealed.subarray(0, nonceBytes);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
      decipher.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
      const text = Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()]);
      return JSON.parse(text.toString('utf8'));
    },
  };
}
