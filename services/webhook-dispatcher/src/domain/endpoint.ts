import { type AddressPolicy, isPermittedAddress } from './addresses.ts';

/**
 * A URL that webhooks may be posted to, or why not (a sentence for its owner). `malformed`: it is no URL of the web,
 * whatever the policy; `forbidden`: it goes where webhooks do not go.
 */
export type EndpointCheck =
  | { readonly ok: true; readonly href: string; readonly url: URL }
  | { readonly ok: false; readonly reason: string; readonly kind: 'malformed' | 'forbidden' };

/** A PostgreSQL index entry must hold it. */
const maxUrlLength = 2048;
/** RFC 1035, without the trailing dot. */
const maxNameLength = 253;
/** A label as the URL parser leaves it: lower case, IDN as punycode. Underscores are in use. */
const label = /^[a-z0-9_-]{1,63}$/;

/** Names that resolve inside one machine or one network only, or never. */
const internalSuffix =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|private|corp|home|lan|home\.arpa|svc|cluster\.local|onion|invalid)$/;

/**
 * Checks the form of a webhook URL: https (or http where allowed), a public host, no user name or password. Names are
 * not resolved here: what they point to is checked when connecting, because it may change at any time.
 */
export function checkEndpoint(text: string, policy: AddressPolicy): EndpointCheck {
  const url = text.length <= maxUrlLength ? URL.parse(text) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return malformed;
  if (url.username !== '' || url.password !== '')
    return forbidden('The URL must not hold a user name or password.');
  if (url.protocol === 'http:' && !policy.allowHttp) return forbidden('The URL must use HTTPS.');
  url.hash = '';
  if (url.port === '0' || url.href.length > maxUrlLength) return malformed;
  return checkHost(url.hostname, policy) ?? { ok: true, href: url.href, url };
}

const malformed: EndpointCheck = { ok: false, reason: 'Enter a valid URL.', kind: 'malformed' };

function forbidden(reason: string): EndpointCheck {
  return { ok: false, reason, kind: 'forbidden' };
}

/** The address of a host that is written as one (the URL parser has decoded octal, hex and decimal spellings). */
function literalAddress(hostname: string): string | undefined {
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return /^\d+\.\d+\.\d+\.\d+$/.test(hostname) ? hostname : undefined;
}

/** @returns undefined when webhooks may go to the host, as far as its name can tell */
function checkHost(hostname: string, policy: AddressPolicy): EndpointCheck | undefined {
  const internal = forbidden('The URL must point to a public host.');
  const literal = literalAddress(hostname);
  if (literal !== undefined)
    return isPermittedAddress(literal, policy.allowedNetworks) ? undefined : internal;
  const name = hostname.replace(/\.$/, '');
  const labels = name.split('.');
  if (name.length > maxNameLength || !labels.every((each) => label.test(each))) return malformed;
  // Whoever opens a network means the names in it too; their addresses are checked when connecting.
  if (policy.allowedNetworks.length > 0) return undefined;
  return labels.length > 1 && !internalSuffix.test(name) ? undefined : internal;
}
