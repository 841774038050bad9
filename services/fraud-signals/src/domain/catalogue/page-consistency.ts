import { type Signal, signal } from '../signal.ts';

const base = {
  category: 'header_consistency',
  source: 'browser',
  type: 'bool',
  version: 1,
  sensitivity: 'none',
} as const;

/** Whether scripts are told the same of the browser as servers are. */
export const pageConsistencySignals: readonly Signal[] = [
  signal({
    ...base,
    id: 'ua_js_mismatch',
    description: 'Scripts are told another user agent than servers',
    risk: 'A user agent that was put on, by a program or by an add-on',
    weight: 15,
    reads: ['page.user_agent', 'http.user_agent'],
    extract: (page, header) => (page === null || header === null ? null : page !== header.slice(0, 512)),
  }),
  signal({
    ...base,
    id: 'accept_language_js_mismatch',
    description: 'The language that servers are asked for first is none of those that scripts are told',
    risk: 'A language that was put on, or a proxy that rewrites',
    weight: 8,
    reads: ['page.languages', 'http.accept_language'],
    extract(languages, header) {
      const first = primaryOf(header?.split(/[,;]/)[0] ?? '');
      if (languages === null || languages.length === 0 || first === '' || first === '*') return null;
      return !languages.some((language) => primaryOf(language) === first);
    },
  }),
  signal({
    ...base,
    id: 'ch_arch_bitness_mismatch',
    description: 'Scripts are told another processor than servers',
    risk: 'A processor that was put on',
    weight: 15,
    reads: ['page.ua_architecture', 'page.ua_bitness', 'http.sec_ch_ua_arch', 'http.sec_ch_ua_bitness'],
    extract: (architecture, bitness, archHeader, bitnessHeader) =>
      differs([architecture, archHeader], [bitness, bitnessHeader]),
  }),
  signal({
    ...base,
    id: 'ch_js_platform_mismatch',
    description: 'Scripts are told another system, or another kind of device, than servers',
    risk: 'A system that was put on',
    weight: 15,
    reads: [
      'page.ua_platform',
      'page.ua_platform_version',
      'page.ua_mobile',
      'http.sec_ch_ua_platform',
      'http.sec_ch_ua_platform_version',
      'http.sec_ch_ua_mobile',
    ],
    extract: (platform, version, isMobile, platformHeader, versionHeader, mobileHeader) =>
      differs(
        [platform, platformHeader],
        [version, versionHeader],
        [isMobile === null ? null : isMobile ? '?1' : '?0', mobileHeader],
      ),
  }),
  signal({
    ...base,
    id: 'request_clock_skew_s',
    category: 'http_headers',
    type: 'number',
    description: 'How far the device’s clock is ahead of ours, in seconds',
    risk: 'Emulators and old machines keep wrong time; so do people who travel without setting it',
    weight: 2,
    reads: ['page.clock_ahead_ms'],
    extract: (ms) => (ms === null ? null : Math.round(ms / 1_000)),
    raises: (seconds) => Math.abs(seconds) > 600,
  }),
];

const primaryOf = (language: string) => language.trim().toLowerCase().split('-')[0] ?? '';
const unquoted = (header: string) => header.replace(/^"(.*)"$/, '$1');

/** Whether any pair that both sides tell is unlike; null where no pair is told by both. */
function differs(...pairs: readonly (readonly [string | null, string | null])[]): boolean | null {
  const told = pairs.flatMap(([page, header]) => {
    const said = header === null ? '' : unquoted(header);
    return page === null || said === '' ? [] : [page !== said];
  });
  return told.length === 0 ? null : told.includes(true);
}
