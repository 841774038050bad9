import { type Signal, signal } from '../signal.ts';
import { agentOf } from '../user-agent.ts';
import { digestOf, flag, text } from './page-entries.ts';

const base = {
  category: 'http_headers',
  source: 'http',
  sensitivity: 'none',
  weight: 0,
  version: 1,
} as const;
const consistency = { ...base, category: 'header_consistency' } as const;

/** What proxies change, so that it is known only where our own edge stands before the client, or nobody does. */
export const httpWireSignals: readonly Signal[] = [
  signal({
    ...base,
    id: 'header_order_hash',
    type: 'hash',
    description: 'Digest over the names of the headers that every call of a browser has, in their order',
    risk: 'Names the program that has written them',
    sensitivity: 'pseudonymous',
    reads: ['http.header_names'],
    extract: (names) => (names === null ? null : orderDigest(names)),
  }),
  signal({
    ...base,
    id: 'header_count',
    type: 'number',
    description: 'How many headers the call has',
    risk: 'Scripts send few',
    weight: 8,
    reads: ['http.header_names'],
    extract: (names) => names?.length ?? null,
    raises: (count) => count < 6,
  }),
  signal({
    ...consistency,
    id: 'header_duplicate_present',
    type: 'bool',
    description: 'A header that there can be only one of came twice',
    risk: 'Proxies in a row, or an attempt to be read in two ways',
    weight: 15,
    reads: ['http.header_names'],
    extract(names) {
      const single = names?.map((name) => name.toLowerCase()).filter((name) => singletons.has(name));
      return single === undefined ? null : new Set(single).size < single.length;
    },
  }),
  signal({
    ...consistency,
    id: 'header_case_anomaly',
    type: 'bool',
    description: 'Header names are not in the case in which browsers write them over HTTP/1.1',
    risk: 'A script under the name of a browser',
    weight: 15,
    reads: ['http.header_names', 'http.http_version'],
    extract(names, version) {
      if (names === null || version !== '1.1') return null;
      return names.some((name) => cased.has(name.toLowerCase()) && cased.get(name.toLowerCase()) !== name);
    },
  }),
  signal({
    ...consistency,
    id: 'header_order_mismatch',
    type: 'bool',
    description: 'Headers come in another order than the named browser has',
    risk: 'A script under the name of a browser',
    weight: 15,
    reads: ['http.header_names', 'http.user_agent'],
    extract(names, userAgent) {
      const lower = names?.map((name) => name.toLowerCase()) ?? [];
      const [encoding, language] = ['accept-encoding', 'accept-language'].map((name) => lower.indexOf(name));
      const { engine } = agentOf(userAgent ?? '');
      if (encoding === undefined || language === undefined || encoding < 0 || language < 0) return null;
      if (engine === 'chromium') return encoding > language;
      return engine === 'firefox' ? encoding < language : null;
    },
  }),
  text('http_version', 'http.http_version', {
    category: 'http_headers',
    source: 'http',
    type: 'enum',
    description: 'The version of HTTP that the client speaks',
    risk: 'No browser of today speaks an old one',
  }),
  flag('http_connection_reused', 'http.connection_reused', {
    category: 'tls_transport',
    source: 'http',
    description: 'Earlier calls came over the same connection',
    risk: 'Scripts often open one for every call; so do browsers after a while',
  }),
];

/** As Chromium, Firefox and WebKit alike write those that no script can name. */
const cased: ReadonlyMap<string, string> = new Map(
  ['Host', 'User-Agent', 'Accept', 'Accept-Encoding', 'Accept-Language', 'Origin', 'Cookie', 'Referer'].map(
    (name) => [name.toLowerCase(), name],
  ),
);
const singletons: ReadonlySet<string> = new Set([
  ...['host', 'user-agent', 'accept', 'accept-encoding', 'accept-language', 'origin', 'referer'],
  ...['content-type', 'content-length', 'sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-dest', 'sec-ch-ua'],
]);

/** Of these a browser sends all in the same order with every call, or none. */
const ofEveryCall =
  /^(host|user-agent|accept|accept-encoding|accept-language|origin|sec-fetch-.+|sec-ch-ua.*)$/;

const orderDigest = (names: readonly string[]) =>
  digestOf(
    names
      .map((name) => name.toLowerCase())
      .filter((name) => ofEveryCall.test(name))
      .join(),
  );
