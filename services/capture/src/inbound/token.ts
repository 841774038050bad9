import { createHash } from 'node:crypto';
import Type from 'typebox';

/** How a session token looks; anything else is no session and is not asked about. */
const form = '^[A-Za-z0-9_-]{8,256}$';
const pattern = new RegExp(form);

/** Path parameters of the page's own routes. */
export const tokenParams = Type.Object({ token: Type.String({ pattern: form }) });

export const attemptParams = Type.Object({
  token: Type.String({ pattern: form }),
  attempt_id: Type.String({ format: 'uuid' }),
});

/** Whether a path segment can be a token at all. */
export function isTokenShaped(text: string): boolean {
  return pattern.test(text);
}

/** The only form in which a token leaves the request. */
export function tokenDigest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
