import { hkdfSync } from 'node:crypto';
import { Failure } from '@selfsame/runtime/errors';
import { decrypt, encrypt } from './cipher.ts';
import { encodeParts } from './context.ts';

/** One data key of a purpose, as values are sealed under it. */
export interface SealingKey {
  readonly purpose: string;
  readonly version: number;
  /** 32 bytes, derived from the data key. */
  readonly key: Buffer;
}

/** The layout of a sealed value: this byte, the data key's version (uint32, big-endian), nonce, tag, ciphertext. */
const FORMAT = 0x53;
const HEADER_BYTES = 5;

/**
 * What values are sealed under is derived from the data key (HKDF-SHA-256, RFC 5869): the first data key is also the root
 * that services derive from, and no key serves two algorithms.
 */
export function sealingKey(purpose: string, version: number, dataKey: Buffer): SealingKey {
  const info = encodeParts(['selfsame keys seal v1', purpose, String(version)]);
  return { purpose, version, key: Buffer.from(hkdfSync('sha256', dataKey, '', info, 32)) };
}

/** Seals a value for its owner. */
export function sealValue(by: SealingKey, plain: Uint8Array, owner: readonly string[]): Buffer {
  return Buffer.concat([headerOf(by.version), encrypt(by.key, plain, contextOf(by, owner))]);
}

/** What values under a version of the data key begin with. */
export function headerOf(version: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(FORMAT);
  header.writeUInt32BE(version, 1);
  return header;
}

/** @throws Failure `sealed_unopenable` */
export function openValue(by: SealingKey, sealed: Buffer, owner: readonly string[]): Buffer {
  const plain = decrypt(by.key, sealed.subarray(HEADER_BYTES), contextOf(by, owner));
  if (!plain) throw unopenable();
  return plain;
}

/** The version of the data key that a value is sealed under; undefined when a keyring has not sealed it. */
export function versionOfSealed(sealed: Uint8Array): number | undefined {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes.length < HEADER_BYTES || bytes[0] !== FORMAT) return undefined;
  const version = bytes.readUInt32BE(1);
  return version > 0 ? version : undefined;
}

/** Says nothing of the value, nor of why: whoever altered it learns nothing. */
export function unopenable(): Failure {
  return new Failure('internal', 'sealed_unopenable', 'A stored value could not be opened.');
}

function contextOf({ purpose, version }: SealingKey, owner: readonly string[]): Buffer {
  return encodeParts(['selfsame sealed v1', purpose, String(version), ...owner]);
}
