import { createHash, webcrypto } from 'node:crypto';
import type { CaptureManifest } from '../src/wire.ts';

/** What a test puts into a bundle; whatever it leaves out is as an honest page has it. */
export interface BundleParts {
  readonly image: Buffer;
  readonly frames?: readonly { readonly image: Buffer; readonly takenAtMs: number }[];
  readonly nonce?: string;
  readonly shownAtMs?: number[];
  readonly camera?: CaptureManifest['camera'];
  /** Signs with this key; absent: no proof. */
  readonly key?: webcrypto.CryptoKeyPair;
  /** Last word about the manifest. */
  readonly manifest?: Record<string, unknown>;
}

/** A bundle as the page packs it. */
export async function packBundle(parts: BundleParts): Promise<Buffer<ArrayBuffer>> {
  const { image, frames = [], nonce = '', shownAtMs = [], camera = {}, key } = parts;
  const pictures = Buffer.concat([image, ...frames.map((frame) => frame.image)]);
  const manifest: Record<string, unknown> = {
    nonce,
    image_bytes: image.length,
    frames: frames.map((frame) => ({ bytes: frame.image.length, taken_at_ms: frame.takenAtMs })),
    shown_at_ms: shownAtMs,
    camera,
    ...(key === undefined ? {} : { proof: await signed(key, nonce, pictures) }),
    ...parts.manifest,
  };
  return assemble(Buffer.from(JSON.stringify(manifest)), pictures);
}

/** Length, manifest and pictures as they are given, whatever they say. */
export function assemble(manifest: Buffer, pictures: Buffer): Buffer<ArrayBuffer> {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(manifest.length);
  return Buffer.concat([length, manifest, pictures]);
}

/** A key as a browser makes one. */
export async function deviceKey(): Promise<webcrypto.CryptoKeyPair> {
  const curve = { name: 'ECDSA', namedCurve: 'P-256' };
  return await webcrypto.subtle.generateKey(curve, false, ['sign', 'verify']);
}

async function signed(key: webcrypto.CryptoKeyPair, nonce: string, pictures: Buffer) {
  const message = Buffer.from(`${nonce}.${createHash('sha256').update(pictures).digest('hex')}`);
  const signature = await webcrypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key.privateKey, message);
  const point = await webcrypto.subtle.exportKey('raw', key.publicKey);
  return {
    public_key: Buffer.from(point).toString('base64url'),
    signature: Buffer.from(signature).toString('base64url'),
  };
}
