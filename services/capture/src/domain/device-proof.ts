import { createHash, webcrypto } from 'node:crypto';

/** A key that a browser keeps, and what it signed. The key is checked, its digest told, and it is forgotten. */
export interface DeviceProof {
  /** Raw uncompressed P-256 point, base64url. */
  readonly public_key: string;
  /** IEEE P1363, base64url. */
  readonly signature: string;
}

/** 65 and 64 bytes as unpadded base64url. */
const keyForm = /^[A-Za-z0-9_-]{87}$/;
const signatureForm = /^[A-Za-z0-9_-]{86}$/;
const curve = { name: 'ECDSA', namedCurve: 'P-256' };

/** What a device signs when the page is opened. @param nonce that came with the page */
export const openingText = (nonce: string) => `${nonce}.open`;

/** What it signs when its user presses to go on without a selfie: who only opens a page has agreed to nothing. */
export const continuingText = (nonce: string) => `${nonce}.continue`;

/** What a device signs with a look. @param picturesSha256 of all pictures as they were sent, one after the other; 32 bytes */
export const picturesText = (nonce: string, picturesSha256: Buffer) =>
  `${nonce}.${picturesSha256.toString('hex')}`;

/** What it signs when its user answers a consent. @param textSha256 of what was shown, hex */
export const consentText = (nonce: string, textSha256: string, answer: 'agree' | 'refuse' | 'withdraw') =>
  `${nonce}.${textSha256}.${answer}`;

/** Whether the signature is by this key over this text. Anything that is no key or no signature is no proof either. */
export async function isProofValid(proof: DeviceProof, text: string): Promise<boolean> {
  if (!keyForm.test(proof.public_key) || !signatureForm.test(proof.signature)) return false;
  const { subtle } = webcrypto;
  try {
    const key = await subtle.importKey('raw', bytesOf(proof.public_key), curve, false, ['verify']);
    const signature = bytesOf(proof.signature);
    return await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, Buffer.from(text));
  } catch {
    // No point of the curve.
    return false;
  }
}

/** Names the key: SHA-256 of the raw point, whichever way it was written. */
export function keyDigest(proof: DeviceProof): Buffer {
  return createHash('sha256').update(bytesOf(proof.public_key)).digest();
}

const bytesOf = (text: string) => Buffer.from(text, 'base64url');
