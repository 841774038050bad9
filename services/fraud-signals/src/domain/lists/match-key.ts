import { createHmac } from 'node:crypto';
import type { ValueType } from './types.ts';

/** Enough that no two values of an application ever share one. */
const keyBytes = 16;

/**
 * What a value is found by: a keyed hash within one application, so that the table tells nobody without the key what is on
 * it, and one application's entries never match another's visits.
 * @param value as `readValue` normalises it
 */
export function matchKey(
  signalsKey: Uint8Array,
  applicationId: string,
  type: ValueType | 'face_of_session',
  value: string,
): Buffer {
  const hash = createHmac('sha256', signalsKey).update(`list ${applicationId} ${type} ${value}`);
  return hash.digest().subarray(0, keyBytes);
}
