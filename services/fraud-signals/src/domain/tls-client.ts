import type { BrowserEngine } from './user-agent.ts';

/**
 * What kind of client a JA4 is of. not_a_browser: a library that is not known, but offers what no browser of today offers.
 * unknown: nothing can be told.
 */
export type ClientFamily =
  | 'chromium'
  | 'firefox'
  | 'safari'
  | 'openssl'
  | 'python'
  | 'go'
  | 'java'
  | 'node'
  | 'not_a_browser'
  | 'unknown';

/**
 * By the digest of cipher suites, which stays when extensions come and go with versions. Chromium, curl, Python, Java and
 * Node as measured; Firefox, Safari and Go as published. openssl: what curl and others offer that leave it to OpenSSL.
 */
const byCiphers: Readonly<Record<string, ClientFamily>> = {
  '8daaf6152771': 'chromium',
  '5b57614c22b0': 'firefox',
  '86a278354501': 'firefox',
  a09f3c656075: 'safari',
  '2802a3db6c62': 'safari',
  e8f1e7e78f70: 'openssl',
  '85036bcba153': 'python',
  '9dc949149365': 'go',
  db35923f8641: 'java',
  b262b3658495: 'node',
};
const browsers: ReadonlySet<ClientFamily> = new Set(['chromium', 'firefox', 'safari']);

/** Reads a JA4. */
export function clientFamilyOf(ja4: string): ClientFamily {
  const match = /^([tqd])(\d\d|s\d|00)[di](\d\d)(\d\d)([0-9A-Za-z]{2})_([0-9a-f]{12})_[0-9a-f]{12}$/.exec(
    ja4,
  );
  if (match === null) return 'unknown';
  const [, transport, version = '', , extensions = '', protocol, ciphers = ''] = match;
  // Over QUIC everybody offers three suites.
  if (transport !== 't') return 'unknown';
  const family = byCiphers[ciphers] ?? 'unknown';
  const isCurrent = version === '13' && protocol === 'h2' && Number(extensions) >= 10;
  if (!isCurrent) return browsers.has(family) || family === 'unknown' ? 'not_a_browser' : family;
  // Tor Browser offers the suites of Chromium and fewer extensions than any.
  return family === 'chromium' && Number(extensions) < 15 ? 'unknown' : family;
}

/** Whether a client of this family cannot be a browser of this engine. null: nothing can be told. */
export function contradictsEngine(family: ClientFamily, engine: BrowserEngine): boolean | null {
  if (family === 'unknown' || engine === 'unknown') return null;
  return family !== (engine === 'webkit' ? 'safari' : engine);
}
