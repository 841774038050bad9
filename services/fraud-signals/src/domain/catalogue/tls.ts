import { type Signal, signal } from '../signal.ts';
import { clientFamilyOf, contradictsEngine } from '../tls-client.ts';
import { agentOf } from '../user-agent.ts';
import { number, text } from './page-entries.ts';

const category = 'tls_transport';
const said = { category, source: 'tls' } as const;
const base = { ...said, sensitivity: 'none', weight: 0, version: 1 } as const;

/** What the client is, by how it connects. */
export const tlsSignals: readonly Signal[] = [
  signal({
    ...base,
    id: 'tls_version',
    type: 'enum',
    description:
      'The version of TLS that was agreed on; raised where a browser that knows a newer one did not',
    risk: 'A script, or a proxy that looks into what passes',
    weight: 6,
    reads: ['tls.version', 'http.user_agent'],
    extract: (version) => version || null,
    raises: (version, _version, userAgent) => version !== 'TLSv1.3' && isCurrent(userAgent, 80, 80, 15),
  }),
  text('tls_cipher', 'tls.cipher', {
    ...said,
    description: 'The cipher suite that was agreed on',
    risk: 'What a browser would not have chosen',
  }),
  text('tls_alpn', 'tls.alpn', {
    ...said,
    type: 'enum',
    description: 'The protocol that was agreed on, or none',
    risk: 'Tells programs from browsers',
  }),
  signal({
    ...base,
    id: 'tls_alpn_offer_list',
    type: 'string',
    description:
      'The protocols that the client offers, in its order; raised where a browser offers no HTTP/2',
    risk: 'A script under the name of a browser',
    weight: 12,
    reads: ['tls.alpn_offered', 'http.user_agent'],
    extract: (protocols) => (protocols === null ? null : protocols.join(',') || 'none'),
    raises: (_value, protocols, userAgent) =>
      protocols?.includes('h2') === false && agentOf(userAgent ?? '').engine !== 'unknown',
  }),
  text('tls_ja3_hash', 'tls.ja3', {
    ...said,
    type: 'hash',
    description: 'JA3: digest over what the client offers, in its order, which browsers shuffle',
    risk: 'Names the library of programs that do not',
    sensitivity: 'pseudonymous',
  }),
  text('tls_ja4', 'tls.ja4', {
    ...said,
    description: 'JA4: what the client offers in an order of its own, so that shuffling changes nothing',
    risk: 'Names the library, and groups clients',
    sensitivity: 'pseudonymous',
  }),
  signal({
    ...base,
    id: 'tls_ja4_family',
    type: 'enum',
    description: 'The kind of client with such a JA4, as far as it can be known from it',
    risk: 'Names the true program',
    reads: ['tls.ja4'],
    extract: (ja4) => (ja4 === null ? null : clientFamilyOf(ja4)),
  }),
  signal({
    ...base,
    category: 'header_consistency',
    id: 'tls_ua_family_mismatch',
    type: 'bool',
    description: 'The JA4 is of another kind of client than the user agent names',
    risk: 'A script under the name of a browser, or a proxy that looks into what passes',
    weight: 28,
    reads: ['tls.ja4', 'http.user_agent'],
    extract: (ja4, userAgent) =>
      ja4 === null || userAgent === null
        ? null
        : contradictsEngine(clientFamilyOf(ja4), agentOf(userAgent).engine),
  }),
  signal({
    ...base,
    id: 'tls_grease_present',
    type: 'bool',
    description: 'Values that mean nothing are mixed in; raised where a Chromium or a Safari does not do so',
    risk: 'A script under the name of a browser',
    weight: 12,
    reads: ['tls.grease', 'http.user_agent'],
    extract: (isThere) => isThere,
    raises: (isThere, _isThere, userAgent) =>
      !isThere && isCurrent(userAgent, 80, Number.POSITIVE_INFINITY, 15),
  }),
  number('tls_cipher_count', 'tls.cipher_count', {
    ...said,
    description: 'How many cipher suites the client offers',
    risk: 'Programs offer fewer, or many more',
  }),
  number('tls_extension_count', 'tls.extension_count', {
    ...said,
    description: 'How many extensions the client offers',
    risk: 'Programs offer fewer',
    weight: 8,
    raises: (count) => count < 9,
  }),
  signal({
    ...base,
    id: 'tls_sni_present',
    type: 'bool',
    description: 'The client names the server; raised where it does not although it asks for one by name',
    risk: 'A scanner, or a script that was pointed at an address',
    weight: 12,
    reads: ['tls.has_server_name', 'http.host'],
    extract: (isThere) => isThere,
    raises: (isThere, _isThere, host) => !isThere && host !== null && !isAddress(host),
  }),
  signal({
    ...base,
    id: 'tls_sni_host_mismatch',
    type: 'bool',
    description: 'The client has named another server to TLS than to HTTP',
    risk: 'A request that hides where it goes, or was put together by hand',
    weight: 20,
    reads: ['tls.server_name', 'http.host'],
    extract: (name, host) =>
      name === null || host === null ? null : name.toLowerCase() !== host.replace(/:\d+$/, '').toLowerCase(),
  }),
  signal({
    ...base,
    id: 'tls_session_resumed',
    type: 'bool',
    description: 'The connection took up the session of an earlier one',
    risk: 'A client that has been here before, if only a moment ago',
    reads: ['tls.resumed'],
    extract: (isResumed) => isResumed,
  }),
  signal({
    ...base,
    id: 'tls_supported_groups',
    type: 'string',
    description: 'The groups for key exchange that the client offers, in its order',
    risk: 'Tells libraries apart',
    reads: ['tls.groups'],
    extract: (groups) => groups?.join(',') || null,
  }),
  signal({
    ...base,
    id: 'tls_versions_offered',
    type: 'string',
    description: 'The versions of TLS that the client offers, in its order',
    risk: 'Tells libraries apart',
    reads: ['tls.versions_offered'],
    extract: (versions) => versions?.join(',') || null,
  }),
  signal({
    ...base,
    id: 'tls_post_quantum_share',
    type: 'bool',
    description:
      'A key of classic and post-quantum parts is offered; raised where a recent Chromium does not do so',
    risk: 'A script under the name of a browser; companies may switch it off',
    weight: 6,
    reads: ['tls.post_quantum_share', 'http.user_agent'],
    extract: (isThere) => isThere,
    raises: (isThere, _isThere, userAgent) => !isThere && isChromiumSince(userAgent, 131),
  }),
  signal({
    ...base,
    id: 'tls_ech_or_grease_ech',
    type: 'bool',
    description:
      'An encrypted hello, or one that only looks so, is offered; raised where a recent Chromium does not do so',
    risk: 'A script under the name of a browser; companies may switch it off',
    weight: 6,
    reads: ['tls.ech', 'http.user_agent'],
    extract: (isThere) => isThere,
    raises: (isThere, _isThere, userAgent) => !isThere && isChromiumSince(userAgent, 119),
  }),
];

/** A browser of this major version or a later one, by its engine. */
function isCurrent(userAgent: string | null, chromium: number, firefox: number, safari: number): boolean {
  const { engine, release } = agentOf(userAgent ?? '');
  // Those of an iPhone that count otherwise are as new as their system, which the user agent does not tell.
  if (engine === 'webkit' && release?.train !== 'safari') return false;
  const since = { chromium, firefox, webkit: safari, unknown: Number.POSITIVE_INFINITY }[engine];
  return (release?.major ?? 0) >= since;
}

function isChromiumSince(userAgent: string | null, major: number): boolean {
  return isCurrent(userAgent, major, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
}

/** Addresses are not named to TLS. */
const isAddress = (host: string) => /^(\[.*\]|\d{1,3}(\.\d{1,3}){3})(:\d+)?$/.test(host);
