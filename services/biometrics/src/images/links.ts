import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Makes and checks links to kept pictures. */
export interface ImageLinks {
  /** Path and query. */
  sign(imageId: string, expiresAt: Date): string;
  /** Whether we have made this link, and it is not over. */
  isGood(imageId: string, query: { expires: string; signature: string }, now: Date): boolean;
}

/**
 * Links that whoever has them may follow, for minutes: a keyed digest (HMAC-SHA-256) of picture and end.
 * @param root 32 bytes that only this service has
 */
export function createImageLinks(root: Buffer): ImageLinks {
  const key = Buffer.from(hkdfSync('sha256', root, '', 'selfsame image links v1', 32));
  const digest = (imageId: string, expires: string) =>
    createHmac('sha256', key).update(`${imageId.toLowerCase()} ${expires}`).digest();
  return {
    sign(imageId, expiresAt) {
      const expires = String(Math.floor(expiresAt.getTime() / 1000));
      const signature = digest(imageId, expires).toString('base64url');
      return `/media/${imageId}?expires=${expires}&signature=${signature}`;
    },
    isGood(imageId, { expires, signature }, now) {
      if (!/^\d{1,12}$/.test(expires) || !/^[\w-]{43}$/.test(signature)) return false;
      if (!timingSafeEqual(Buffer.from(signature, 'base64url'), digest(imageId, expires))) return false;
      return Number(expires) * 1000 > now.getTime();
    },
  };
}
