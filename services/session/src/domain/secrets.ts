import { createHash, createHmac, randomBytes } from 'node:crypto';

/**
 * The secret in a session's link: 12 URL-safe characters (72 bits). Derived, so that the table and its backups hold no
 * link and yet every answer can show one.
 * @param key 32 secret bytes of the deployment
 */
export function sessionToken(key: Uint8Array, sessionId: string): string {
  return createHmac('sha256', key).update(sessionId).digest().subarray(0, 9).toString('base64url');
}

/** What is stored and sent instead of a token or API key. */
export function secretDigest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** A new API key: 32 random bytes; the prefix lets scanners of leaked secrets recognise it. */
export function newApiKey(): string {
  return `selfsame_${randomBytes(32).toString('base64url')}`;
}

/** The link to the hosted page, with the interface language in front when one was chosen. */
export function sessionUrl(publicBaseUrl: string, token: string, language: string | null): string {
  const path = language === null ? `/session/${token}` : `/${language}/session/${token}`;
  return `${publicBaseUrl.replace(/\/+$/, '')}${path}`;
}
