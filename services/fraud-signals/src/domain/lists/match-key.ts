import { hash as digest } from 'node:crypto';
import type { KeyedHash } from '../keyed-hash.ts';
import type { ValueType } from './types.ts';

/** What a value, as `readValue` normalises it, is found by. */
export type MatchKey = (type: ValueType | 'face_of_session', value: string) => Buffer;

const keyBytes = 16;

/**
 * Match keys within one application: hashes under a secret that follows from the service's key, so that the table tells
 * nobody without it what is on a list, and one application's entries never match another's visits. An IPv6 address has 113
 * of them, which is why each is one plain digest behind the secret and cut short rather than an HMAC: 0.15 ms, not 1.2.
 */
export function matchKeysOf(hash: KeyedHash, applicationId: string): MatchKey {
  const secret = hash('list', applicationId).toString('hex');
  return (type, value) => digest('sha256', `${secret} ${type} ${value}`, 'buffer').subarray(0, keyBytes);
}
