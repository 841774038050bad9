import { createHmac, timingSafeEqual } from 'node:crypto';

/** Signs cookie values, so that a browser can carry what it cannot forge. */
export interface CookieJar {
  /** The value of a cookie of ours, or undefined when it is missing, altered or expired. */
  read(cookieHeader: string | undefined, name: string): string | undefined;
  /** A Set-Cookie header: HttpOnly, SameSite=Lax, only for /demo. */
  write(name: string, value: string, lifetimeSeconds: number): string;
  clear(name: string): string;
}

/** @param key at least 32 random bytes; a new key forgets every cookie. */
export function createCookieJar(key: Buffer, secure: boolean): CookieJar {
  const attributes = `; Path=/demo; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  const sign = (text: string) => createHmac('sha256', key).update(text).digest('base64url');

  return {
    read(cookieHeader, name) {
      const cookie = cookieHeader?.split(/;\s*/).find((pair) => pair.startsWith(`${name}=`));
      const [value = '', expires = '', signature = ''] = cookie?.slice(name.length + 1).split('.') ?? [];
      const expected = Buffer.from(sign(`${name}.${value}.${expires}`));
      const given = Buffer.from(signature);
      const genuine = given.length === expected.length && timingSafeEqual(given, expected);
      return genuine && Number(expires) * 1000 > Date.now() ? value : undefined;
    },
    write(name, value, lifetimeSeconds) {
      const expires = Math.floor(Date.now() / 1000) + lifetimeSeconds;
      const signature = sign(`${name}.${value}.${expires}`);
      return `${name}=${value}.${expires}.${signature}${attributes}; Max-Age=${lifetimeSeconds}`;
    },
    clear: (name) => `${name}=${attributes}; Max-Age=0`,
  };
}
