import { createHash } from 'node:crypto';

/** A key of the lab, the same for the same name. Not for secrets. */
export function labKey(...name: readonly (string | number)[]): Uint8Array {
  return createHash('sha256').update(name.join('/')).digest();
}
