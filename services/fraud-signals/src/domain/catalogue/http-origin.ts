import { type Signal, signal } from '../signal.ts';
import { agentOf, type BrowserEngine } from '../user-agent.ts';
import { flag, missing, number } from './page-entries.ts';

const base = {
  category: 'http_headers',
  source: 'http',
  sensitivity: 'none',
  weight: 0,
  version: 1,
} as const;
const consistency = { ...base, category: 'header_consistency' } as const;

/** Since when engines tell where a request comes from; WebKit by the version of Safari. */
const fetchMetadataSince: Readonly<Record<BrowserEngine, number>> = {
  chromium: 80,
  firefox: 90,
  webkit: 17,
  unknown: Number.POSITIVE_INFINITY,
};

/** Where a request comes from and by which way. */
export const httpOriginSignals: readonly Signal[] = [
  signal({
    ...base,
    id: 'sec_fetch_present',
    type: 'bool',
    description: 'The browser tells from where a call is made; raised where one that does so does not',
    risk: 'A script under the name of a browser',
    weight: 20,
    reads: ['http.request', 'http.sec_fetch_site', 'http.user_agent'],
    extract: (request, site) => (request === null ? null : site !== null),
    raises(isThere, _request, _site, userAgent) {
      const { engine, release } = agentOf(userAgent ?? '');
      return !isThere && (release?.major ?? 0) >= fetchMetadataSince[engine];
    },
  }),
  signal({
    ...consistency,
    id: 'sec_fetch_site_unexpected',
    type: 'bool',
    description: 'The call is not made by a page of the same origin',
    risk: 'A call from outside the hosted page',
    weight: 25,
    reads: ['http.sec_fetch_site'],
    extract: (site) => (site === null ? null : site !== 'same-origin'),
  }),
  signal({
    ...consistency,
    id: 'sec_fetch_mode_unexpected',
    type: 'bool',
    description: 'The call is of another kind than those that the page’s script makes',
    risk: 'A call that was put together by hand',
    weight: 15,
    reads: ['http.sec_fetch_mode', 'http.sec_fetch_dest'],
    extract: (mode, dest) => (mode === null && dest === null ? null : mode !== 'cors' || dest !== 'empty'),
  }),
  signal({
    ...consistency,
    id: 'origin_header_mismatch',
    type: 'bool',
    description: 'The call is made by a page of another origin',
    risk: 'A relay, or a page made for phishing',
    weight: 40,
    reads: ['http.origin_is_own'],
    extract: (isOwn) => (isOwn === null ? null : !isOwn),
  }),
  signal({
    ...consistency,
    id: 'origin_header_missing',
    type: 'bool',
    description: 'The call does not say which origin it comes from',
    risk: 'A script; some browsers keep it to themselves as well',
    weight: 5,
    reads: ['http.request', 'http.origin_is_own'],
    extract: (request, isOwn) => (request === null ? null : isOwn === null),
  }),
  flag('referer_unexpected', 'http.referer_sent', {
    category: 'header_consistency',
    source: 'http',
    weight: 10,
    description: 'The call names the page that it comes from, which the page forbids',
    risk: 'A call that the page has not made',
  }),
  missing('cookie_roundtrip_ok', 'http.cookie_returned', {
    category: 'http_headers',
    source: 'http',
    weight: 8,
    description: 'The cookie that was set at the opening comes back with the next call',
    risk: 'A script without cookies, or a browser that keeps none within other pages',
  }),
  signal({
    ...base,
    id: 'dnt_or_gpc',
    type: 'bool',
    description: 'The browser asks not to be tracked',
    risk: 'None; explains what else is kept back',
    reads: ['http.request', 'http.dnt', 'http.sec_gpc'],
    extract: (request, dnt, gpc) => (request === null ? null : dnt === '1' || gpc === '1'),
  }),
  number('ip_forwarded_chain_length', 'http.forwarded_hops', {
    category: 'network_ip',
    source: 'http',
    description: 'Trusted proxies between the client and us',
    risk: 'A route that is not the usual one of this installation',
  }),
  flag('ip_forwarded_untrusted_present', 'http.forwarded_untrusted_present', {
    category: 'network_ip',
    source: 'http',
    weight: 10,
    description:
      'The client brought headers that say where the request came by, which only our own proxies know',
    risk: 'A proxy on the way, or an address that somebody would like to have',
  }),
  signal({
    ...base,
    id: 'content_length_implausible',
    type: 'bool',
    description:
      'The picture has fewer or more bytes than the page makes of one, or comes without what the page tells along with it',
    risk: 'An upload that the page has not made',
    weight: 12,
    reads: ['http.body_bytes', 'http.picture_bytes'],
    extract: (body, picture) =>
      body === null || picture === null ? null : picture < 2_500 || picture > 600_000 || body === picture,
  }),
  signal({
    ...base,
    category: 'tls_transport',
    id: 'http_priority_header_shape',
    type: 'enum',
    description: 'How the browser says that the call is urgent: none, urgency, incremental, both or other',
    risk: 'Browsers differ in it; one that is of another shape than its family’s is imitated',
    reads: ['http.request', 'http.priority'],
    extract: (request, priority) => (request === null ? null : shapeOf(priority)),
  }),
];

/** What of it is there, in its usual order. */
function shapeOf(priority: string | null): string {
  if (priority === null) return 'none';
  if (/^u=[0-7]$/.test(priority)) return 'urgency';
  if (priority === 'i') return 'incremental';
  return /^u=[0-7], ?i$/.test(priority) ? 'both' : 'other';
}
