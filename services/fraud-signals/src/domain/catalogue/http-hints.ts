import { type Signal, signal } from '../signal.ts';
import { agentOf } from '../user-agent.ts';

const base = {
  category: 'http_headers',
  source: 'http',
  sensitivity: 'none',
  weight: 0,
  version: 1,
} as const;
const consistency = { ...base, category: 'header_consistency' } as const;

/** What browsers built on Chromium say of themselves in headers of their own, to secure pages only. */
export const httpHintSignals: readonly Signal[] = [
  signal({
    ...base,
    id: 'ch_ua_present',
    type: 'bool',
    description: 'The browser names its brands in a client hint; raised where a Chromium does not',
    risk: 'Hints that a proxy took away, or a user agent without the browser',
    weight: 15,
    reads: ['http.request', 'http.sec_ch_ua', 'http.user_agent'],
    extract: (request, brands) => (request === null ? null : brands !== null),
    raises(isThere, _request, _brands, userAgent) {
      const { engine, release, isWebView } = agentOf(userAgent ?? '');
      return !isThere && engine === 'chromium' && (release?.major ?? 0) >= 100 && !isWebView;
    },
  }),
  signal({
    ...base,
    id: 'ch_ua_headless_brand',
    type: 'bool',
    description: 'The brands name a Chromium without a window',
    risk: 'No person sits before it',
    weight: 50,
    detects: 'AUTOMATION_FRAMEWORK_DETECTED',
    reads: ['http.sec_ch_ua'],
    extract: (brands) => (brands === null ? null : /headless/i.test(brands)),
  }),
  signal({
    ...consistency,
    id: 'ch_ua_brand_mismatch',
    type: 'bool',
    description: 'Engine or major version of the brands are not those of the user agent',
    risk: 'One of them was made up',
    weight: 30,
    reads: ['http.sec_ch_ua', 'http.user_agent'],
    extract(brands, userAgent) {
      if (brands === null || userAgent === null) return null;
      const { engine, release } = agentOf(userAgent);
      const version = versionOf(brands, 'Chromium');
      return engine !== 'chromium' || (version !== null && Number.parseInt(version, 10) !== release?.major);
    },
  }),
  signal({
    ...consistency,
    id: 'ch_ua_decoy_missing',
    type: 'bool',
    description: 'The brands lack the one that means nothing, which every Chromium mixes in',
    risk: 'A list that was written by hand',
    weight: 12,
    reads: ['http.sec_ch_ua', 'http.sec_ch_ua_mobile'],
    // The other hint comes along with it, so that a proxy's own list is not judged.
    extract: (brands, mobile) =>
      brands === null || mobile === null ? null : !/"[^"]*Not[^"]*Brand[^"]*"/i.test(brands),
  }),
  signal({
    ...base,
    id: 'ch_platform',
    type: 'enum',
    description: 'The operating system by its client hint',
    risk: 'What consistency is checked against',
    reads: ['http.sec_ch_ua_platform'],
    extract: unquoted,
  }),
  signal({
    ...consistency,
    id: 'ch_platform_mismatch',
    type: 'bool',
    description: 'The client hint names another operating system than the user agent',
    risk: 'One of them was made up',
    weight: 30,
    reads: ['http.sec_ch_ua_platform', 'http.user_agent'],
    extract(hint, userAgent) {
      const platform = unquoted(hint)?.replace(/^Chromium OS$/, 'Chrome OS');
      const { osFamily } = agentOf(userAgent ?? '');
      return platform === undefined || platform === 'Unknown' || osFamily === ''
        ? null
        : platform !== osFamily;
    },
  }),
  signal({
    ...consistency,
    id: 'ch_mobile_mismatch',
    type: 'bool',
    description: 'The client hint calls a phone what the user agent calls none, or the other way about',
    risk: 'A phone that is emulated on a desk',
    weight: 15,
    reads: ['http.sec_ch_ua_mobile', 'http.user_agent'],
    extract(hint, userAgent) {
      const { deviceClass } = agentOf(userAgent ?? '');
      if (hint === null || !['phone', 'tablet', 'desktop', 'tv'].includes(deviceClass)) return null;
      return (hint === '?1') !== (deviceClass === 'phone');
    },
  }),
  signal({
    ...base,
    id: 'ch_platform_version',
    type: 'string',
    description: 'The version of the operating system, which the page asks for in a client hint',
    risk: 'The true one behind a user agent that freezes it',
    reads: ['http.sec_ch_ua_platform_version'],
    extract: unquoted,
  }),
  signal({
    ...base,
    id: 'ch_model',
    type: 'string',
    description: 'The model of the phone, which the page asks for in a client hint',
    risk: 'Tells devices apart',
    sensitivity: 'pseudonymous',
    reads: ['http.sec_ch_ua_model'],
    extract: unquoted,
  }),
  signal({
    ...base,
    id: 'ch_arch',
    type: 'enum',
    description: 'The architecture of the processor, which the page asks for in a client hint',
    risk: 'Tells devices apart; emulators of phones are x86',
    reads: ['http.sec_ch_ua_arch'],
    extract: unquoted,
  }),
  signal({
    ...base,
    id: 'ch_bitness',
    type: 'enum',
    description: 'The word length of the processor, which the page asks for in a client hint',
    risk: 'Tells devices apart',
    reads: ['http.sec_ch_ua_bitness'],
    extract: unquoted,
  }),
  signal({
    ...base,
    id: 'ch_full_version',
    type: 'string',
    description: 'The whole version of the engine, which the page asks for in a client hint',
    risk: 'The true one behind a user agent that writes zeros',
    reads: ['http.sec_ch_ua_full_version_list'],
    extract: (brands) => (brands === null ? null : versionOf(brands, 'Chromium')),
  }),
  signal({
    ...consistency,
    id: 'ch_full_version_mismatch',
    type: 'bool',
    description: 'The whole version in the client hint is of another major version than the brands',
    risk: 'Hints of two browsers',
    weight: 25,
    reads: ['http.sec_ch_ua_full_version_list', 'http.sec_ch_ua'],
    extract(full, brands) {
      const [long, short] = [full, brands].map((list) =>
        list === null ? null : versionOf(list, 'Chromium'),
      );
      if (typeof long !== 'string' || typeof short !== 'string') return null;
      return Number.parseInt(long, 10) !== Number.parseInt(short, 10);
    },
  }),
];

/** The text of a structured header; null where it is empty, as of what a device has not. */
function unquoted(header: string | null): string | null {
  return header?.replace(/^"(.*)"$/, '$1') || null;
}

function versionOf(brands: string, name: string): string | null {
  for (const [, brand, version] of brands.matchAll(/"((?:[^"\\]|\\.){1,64})";\s?v="([\d.]{1,24})"/g)) {
    if (brand === name) return version ?? null;
  }
  return null;
}
