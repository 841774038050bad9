import { webcrypto } from 'node:crypto';

/** Raw uncompressed P-256 point and IEEE P1363 signature. */
export interface DeviceSignature {
  readonly publicKey: Buffer;
  readonly signature: Buffer;
}

const curve = { name: 'ECDSA', namedCurve: 'P-256' };

/** Whether this key has signed the text. What is no key or no signature has not. */
export async function hasSigned({ publicKey, signature }: DeviceSignature, text: string): Promise<boolean> {
  if (publicKey.length !== 65 || signature.length !== 64) return false;
  const { subtle } = webcrypto;
  try {
    const key = await subtle.importKey('raw', new Uint8Array(publicKey), curve, false, ['verify']);
    const bytes = new Uint8Array(signature);
    return await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, bytes, Buffer.from(text));
  } catch {
    // No point of the curve.
    return false;
  }
}
