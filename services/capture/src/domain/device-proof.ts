import { webcrypto } from 'node:crypto';

/** A key that a browser keeps, and what it signed. The key is checked and forgotten. */
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

/**
 * Whether the signature is by this key over `{nonce}.{SHA-256 of the pictures, hex}`. Anything that is no key or no
 * signature is no proof either.
 * @param picturesSha256 of all of them as they were sent, one after the other; 32 bytes
 */
export async function isProofValid(
  proof: DeviceProof,
  { nonce, picturesSha256 }: { nonce: string; picturesSha256: Buffer },
): Promise<boolean> {
  if (!keyForm.test(proof.public_key) || !signatureForm.test(proof.signature)) return false;
  const { subtle } = webcrypto;
  try {
    const key = await subtle.importKey('raw', bytesOf(proof.public_key), curve, false, ['verify']);
    const signed = Buffer.from(`${nonce}.${picturesSha256.toString('hex')}`);
    return await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, bytesOf(proof.signature), signed);
  } catch {
    // No point of the curve.
    return false;
  }
}

const bytesOf = (text: string) => Buffer.from(text, 'base64url');
