import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** What a sealed snapshot is bound to: in another row it does not open. */
export interface SnapshotOwner {
  readonly shareId: string;
  readonly fromApplicationId: string;
  readonly forApplicationId: string;
  readonly purpose: string;
}

const cipherName = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** A key for one snapshot. */
export const newContentKey = (): Buffer => randomBytes(keyBytes);

/** AES-256-GCM (NIST SP 800-38D). The key is used once. @returns nonce, tag, ciphertext */
export function sealSnapshot(snapshot: Uint8Array, contentKey: Uint8Array, owner: SnapshotOwner): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(cipherName, contentKey, nonce).setAAD(bindingOf(owner));
  const text = Buffer.concat([cipher.update(snapshot), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

/** undefined when it was altered, moved to another row, or sealed with another key. */
export function openSnapshot(
  sealed: Buffer,
  contentKey: Uint8Array,
  owner: SnapshotOwner,
): Buffer | undefined {
  if (contentKey.length !== keyBytes || sealed.length < nonceBytes + tagBytes) return undefined;
  const decipher = createDecipheriv(cipherName, contentKey, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(bindingOf(owner));
  decipher.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** JSON quotes what could be mistaken for the end of a part. */
function bindingOf({ shareId, fromApplicationId, forApplicationId, purpose }: SnapshotOwner): Buffer {
  return Buffer.from(
    JSON.stringify(['selfsame snapshot', shareId, fromApplicationId, forApplicationId, purpose]),
  );
}
