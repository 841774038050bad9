import type { Facts, FactValue } from './facts.ts';

/** What was seen of a connection by whoever the client spoke to. */
export interface SeenConnection {
  /** Header names in the order and the case in which they came. */
  readonly headerNames: readonly string[];
  /** 1.1 */
  readonly httpVersion: string;
  readonly isReused: boolean;
  /** The client brought forwarding headers of its own. */
  readonly hasForeignForwarding: boolean;
}

/** A request of the page. */
export interface SeenRequest {
  readonly kind: 'opening' | 'upload';
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As the browser asked for it. */
  readonly host: string;
  readonly isSecure: boolean;
  /** The Origin header names the page's own origin; null: none came. */
  readonly originIsOwn: boolean | null;
  /** The cookie that the opening sets is among its cookies. */
  readonly hasCookie: boolean;
  /** Trusted proxies between the client and us. */
  readonly forwardedHops: number;
  /** Null: a proxy stands between that does not tell. */
  readonly connection: SeenConnection | null;
}

/** Longer texts end here: nobody's browser writes them. */
const textMax = 512;
const namesMax = 64;
const nameMax = 64;

const headers: Readonly<Record<string, string>> = {
  'http.user_agent': 'user-agent',
  'http.accept': 'accept',
  'http.accept_language': 'accept-language',
  'http.accept_encoding': 'accept-encoding',
  'http.dnt': 'dnt',
  'http.sec_gpc': 'sec-gpc',
  'http.priority': 'priority',
};

/** Browsers send these to https and to this very machine only. */
const secureHeaders: Readonly<Record<string, string>> = {
  'http.sec_ch_ua': 'sec-ch-ua',
  'http.sec_ch_ua_mobile': 'sec-ch-ua-mobile',
  'http.sec_ch_ua_platform': 'sec-ch-ua-platform',
  'http.sec_ch_ua_platform_version': 'sec-ch-ua-platform-version',
  'http.sec_ch_ua_model': 'sec-ch-ua-model',
  'http.sec_ch_ua_arch': 'sec-ch-ua-arch',
  'http.sec_ch_ua_bitness': 'sec-ch-ua-bitness',
  'http.sec_ch_ua_full_version_list': 'sec-ch-ua-full-version-list',
  'http.sec_fetch_site': 'sec-fetch-site',
  'http.sec_fetch_mode': 'sec-fetch-mode',
  'http.sec_fetch_dest': 'sec-fetch-dest',
};

/** The hints that the page's answer asks browsers for, beside those that they send unasked. */
export const askedHints = [
  'Sec-CH-UA-Platform-Version',
  'Sec-CH-UA-Model',
  'Sec-CH-UA-Arch',
  'Sec-CH-UA-Bitness',
  'Sec-CH-UA-Full-Version-List',
].join(', ');

/** Facts about a request, by their names in the table of facts. */
export function httpFacts(request: SeenRequest): Facts {
  const { kind, connection } = request;
  const valuesOf = (names: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(names).map(([fact, name]) => [fact, textOf(request.headers[name])]));
  return {
    'http.request': kind,
    ...valuesOf(headers),
    ...(isSecureContext(request) ? valuesOf(secureHeaders) : {}),
    'http.host': request.host.slice(0, textMax),
    'http.is_secure': request.isSecure,
    'http.origin_is_own': request.originIsOwn,
    'http.referer_sent': request.headers.referer !== undefined,
    'http.cookie_returned': request.hasCookie || (kind === 'upload' ? false : null),
    'http.forwarded_hops': request.forwardedHops,
    ...(connection === null ? {} : connectionFacts(connection)),
    ...(kind === 'upload' ? {} : pictureFacts(null)),
  };
}

/** Of a request with pictures. */
export function pictureFacts(bytes: { body: number; picture: number } | null): Facts {
  return { 'http.body_bytes': bytes?.body ?? null, 'http.picture_bytes': bytes?.picture ?? null };
}

function connectionFacts(seen: SeenConnection): Facts {
  return {
    'http.header_names': seen.headerNames.slice(0, namesMax).map((name) => name.slice(0, nameMax)),
    'http.http_version': seen.httpVersion,
    'http.connection_reused': seen.isReused,
    'http.forwarded_untrusted_present': seen.hasForeignForwarding,
  };
}

const textOf = (header: string | string[] | undefined): FactValue =>
  header === undefined ? null : [header].flat().join(', ').slice(0, textMax);

/** As browsers see it: https, or this very machine. */
const isSecureContext = ({ host, isSecure }: SeenRequest) => isSecure || isThisMachine(host);

/** Whether a host is the machine on which the browser runs. */
export function isThisMachine(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return /^(localhost|[\w.-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(name);
}

/** Names of headers that say where a request came by; browsers send none of them. */
const forwarding =
  /^(forwarded|via|x-forwarded-.+|x-real-ip|x-client-ip|client-ip|true-client-ip|cf-connecting-ip|x-cluster-client-ip)$/i;

/** Whether somebody on the way, or the client itself, wrote where the request came by. */
export const hasForwarding = (headerNames: readonly string[]) =>
  headerNames.some((name) => forwarding.test(name));

/** Headers that proxies and tracing add to a request, and those that belong to one connection. */
const added =
  /^(connection|keep-alive|transfer-encoding|upgrade|te|traceparent|tracestate|baggage|x-request-id|x-selfsame-.+)$/i;

/** The names that came from the client. @param rawHeaders names and values in turn */
export function headerNamesOf(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((name, at) => at % 2 === 0 && !added.test(name) && !forwarding.test(name));
}
