import { createHash } from 'node:crypto';
import { clientOf } from './rate-limit.ts';

/**
 * Names the browser: for locks, and as what its device was called before. Whoever copies it has it, so that nothing is
 * believed for its sake.
 */
export const deviceCookie = 'selfsame_device';
/** As long as browsers keep any; renewed with every visit. */
const cookieSeconds = 400 * 86_400;
const valueForm = /^[A-Za-z0-9_-]{32}$/;

/** Where a picture comes from, as digests of 32 bytes; empty where it is unknown. */
export interface Origin {
  /** The browser, as far as it says. Whoever wants to can be a new one every time. */
  readonly deviceSha256: Buffer;
  /** Everyone behind one address, or behind the /64 that an IPv6 user owns. Nobody gets another one for nothing. */
  readonly networkSha256: Buffer;
}

/** @param cookies the request's Cookie header @param address the client's, behind trusted proxies */
export function originOf(cookies: string | undefined, address: string): Origin {
  const device = deviceOf(cookies);
  return {
    deviceSha256: device === null ? Buffer.alloc(0) : digest(`device ${device}`),
    networkSha256: digest(`network ${clientOf(address)}`),
  };
}

/** The browser's name in its Cookie header; null when it has none that we could have given. */
export function deviceOf(cookies: string | undefined): string | null {
  for (const pair of (cookies ?? '').split(';')) {
    const [name, value = ''] = pair.trim().split('=', 2);
    if (name === deviceCookie && valueForm.test(value)) return value;
  }
  return null;
}

/**
 * A Set-Cookie header that names a browser. Embedded in the page of an application the cookie is kept for that
 * application alone; over plain http, as on a developer's machine, browsers take it at top level only.
 */
export function namingHeader(device: string, isSecure: boolean): string {
  return cookieHeader(device, cookieSeconds, isSecure);
}

/** A Set-Cookie header that takes the name away. */
export function forgettingHeader(isSecure: boolean): string {
  return cookieHeader('', 0, isSecure);
}

function cookieHeader(value: string, seconds: number, isSecure: boolean): string {
  const scope = isSecure ? 'Secure; SameSite=None; Partitioned' : 'SameSite=Lax';
  return `${deviceCookie}=${value}; Path=/session; Max-Age=${seconds}; HttpOnly; ${scope}`;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
