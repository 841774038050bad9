import { type AddressPolicy, isPermittedAddress } from './addresses.ts';

/** A URL that webhooks may be posted to, or why not (a sentence for its owner). */
export type EndpointCheck =
  | { readonly ok: true; readonly href: string; readonly url: URL }
  | { readonly ok: false; readonly reason: string };

/** A PostgreSQL index entry must hold it. */
const maxUrlLength = 2048;

/** Names that resolve inside one machine or one network only. */
const internalSuffix =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home\.arpa|svc|cluster\.local)$/;

/**
 * Checks the form of a webhook URL: https (or http where allowed), a public host, no user name or password. Names are
 * not resolved here: what they point to is checked when connecting, because it may change at any time.
 */
export function checkEndpoint(text: string, policy: AddressPolicy): EndpointCheck {
  const url = text.length <= maxUrlLength ? URL.parse(text) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return refuse('Enter a valid URL.');
  if (url.username !== '' || url.password !== '')
    return refuse('The URL must not hold a user name or password.');
  if (url.protocol === 'http:' && !policy.allowHttp) return refuse('The URL must use HTTPS.');
  url.hash = '';
  if (!isPossibleHost(url.hostname, policy)) return refuse('The URL must point to a public host.');
  return url.href.length <= maxUrlLength ? { ok: true, href: url.href, url } : refuse('Enter a valid URL.');
}

function refuse(reason: string): EndpointCheck {
  return { ok: false, reason };
}

/** The address of a host that is written as one (the URL parser has decoded octal, hex and decimal spellings). */
function literalAddress(hostname: string): string | undefined {
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return /^\d+\.\d+\.\d+\.\d+$/.test(hostname) ? hostname : undefined;
}

function isPossibleHost(hostname: string, policy: AddressPolicy): boolean {
  const literal = literalAddress(hostname);
  if (literal !== undefined) return isPermittedAddress(literal, policy.allowedNetworks);
  // Whoever opens a network means the names in it too; their addresses are checked when connecting.
  if (policy.allowedNetworks.length > 0) return true;
  const name = hostname.replace(/\.$/, '').toLowerCase();
  return name.includes('.') && !internalSuffix.test(name);
}
