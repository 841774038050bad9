import { createHmac } from 'node:crypto';

/** What a hash is of: the same value hashed for two purposes gives two hashes, so that tables cannot be joined by chance. */
export type HashDomain =
  | 'device'
  | 'fingerprint-device'
  | 'device-name'
  | 'application-device'
  | 'cookie'
  | 'subject'
  | 'network'
  | 'prefix'
  | 'fingerprint'
  | 'hardware'
  | 'trait'
  | 'camera'
  | 'ja4'
  | 'client'
  | 'list';

/** Hashes parts under the service's key. */
export type KeyedHash = (domain: HashDomain, ...parts: readonly (string | Buffer)[]) => Buffer;

/** Long enough that nobody meets by chance: 2^64 values would be needed for one pair. */
const hashBytes = 16;

/**
 * HMAC-SHA256 under a key of this service alone, the first 16 bytes. What is hashed can be guessed (there are 2^32 addresses), so without the
 * key nobody can look a guess up, and with another key nothing is known any more.
 */
export function createKeyedHash(key: Buffer): KeyedHash {
  return (domain, ...parts) => {
    const hmac = createHmac('sha256', key).update(domain);
    for (const part of parts) {
      // Lengths keep ('ab', 'c') and ('a', 'bc') apart.
      hmac.update(`\0${Buffer.byteLength(part)}\0`).update(part);
    }
    return hmac.digest().subarray(0, hashBytes);
  };
}
