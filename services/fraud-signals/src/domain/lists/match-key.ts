import type { KeyedHash } from '../keyed-hash.ts';
import type { ValueType } from './types.ts';

/**
 * What a value is found by: a keyed hash within one application, so that the table tells nobody without the key what is on
 * it, and one application's entries never match another's visits.
 * @param value as `readValue` normalises it
 */
export function matchKey(
  hash: KeyedHash,
  applicationId: string,
  type: ValueType | 'face_of_session',
  value: string,
): Buffer {
  return hash('list', applicationId, type, value);
}
