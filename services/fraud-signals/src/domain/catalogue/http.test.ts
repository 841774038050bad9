import { describe, expect, it } from 'vitest';
import type { FactName, Facts, FactValue } from '../facts.ts';
import { httpSignals } from './http.ts';

/** Ids that are raised by these facts. */
function raisedBy(facts: Readonly<Partial<Record<FactName, FactValue | null>>>): string[] {
  const seen: Facts = new Map(Object.entries(facts) as [FactName, FactValue | null][]);
  return httpSignals
    .filter((signal) => {
      const reading = signal.read(seen);
      return signal.weight !== 0 && reading.state === 'value' && signal.isRaised(reading.value, seen);
    })
    .map(({ id }) => id);
}

const chrome =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const now = Date.parse('2026-11-21T12:00:00Z');
/** As Chromium 156 has sent it through our edge. */
const ofChromium = {
  'clock.now_ms': now,
  'http.request': 'opening',
  'http.user_agent': chrome,
  'http.accept': '*/*',
  'http.accept_language': 'en-US,en;q=0.9',
  'http.accept_encoding': 'gzip, deflate, br, zstd',
  'http.dnt': null,
  'http.sec_gpc': null,
  'http.priority': null,
  'http.sec_ch_ua': '"Not:A-Brand";v="8", "Chromium";v="156"',
  'http.sec_ch_ua_mobile': '?0',
  'http.sec_ch_ua_platform': '"Linux"',
  'http.sec_ch_ua_platform_version': '""',
  'http.sec_ch_ua_model': '""',
  'http.sec_ch_ua_arch': '"x86"',
  'http.sec_ch_ua_bitness': '"64"',
  'http.sec_ch_ua_full_version_list': '"Not:A-Brand";v="8.0.0.0", "Chromium";v="156.0.8078.79"',
  'http.sec_fetch_site': 'same-origin',
  'http.sec_fetch_mode': 'cors',
  'http.sec_fetch_dest': 'empty',
  'http.host': 'app.example',
  'http.is_secure': true,
  'http.origin_is_own': true,
  'http.referer_sent': false,
  'http.cookie_returned': null,
  'http.forwarded_hops': 1,
  'http.header_names': [
    ...['Host', 'Content-Length', 'sec-ch-ua-full-version-list', 'sec-ch-ua-platform', 'sec-ch-ua'],
    ...['sec-ch-ua-bitness', 'sec-ch-ua-model', 'sec-ch-ua-mobile', 'sec-ch-ua-arch', 'User-Agent'],
    ...['content-type', 'sec-ch-ua-platform-version', 'Accept', 'Origin', 'Sec-Fetch-Site'],
    ...['Sec-Fetch-Mode', 'Sec-Fetch-Dest', 'Accept-Encoding', 'Accept-Language'],
  ],
  'http.http_version': '1.1',
  'http.connection_reused': false,
  'http.forwarded_untrusted_present': false,
  'http.body_bytes': null,
  'http.picture_bytes': null,
} as const;

describe('the requests of a real browser', () => {
  it('raise nothing', () => {
    expect(raisedBy(ofChromium)).toEqual([]);
  });

  it.each([
    ['languages that end in any', { 'http.accept_language': 'de-DE,de;q=0.9,*;q=0.5' }, []],
    ['a version of tomorrow', { 'http.user_agent': chrome.replace('156', '158') }, ['ch_ua_brand_mismatch']],
    [
      'a script with its user agent',
      { 'http.sec_ch_ua': null, 'http.sec_fetch_site': null },
      ['ch_ua_present', 'sec_fetch_present'],
    ],
    ['a script with a list of brands', { 'http.sec_ch_ua': '"Chromium";v="156"' }, ['ch_ua_decoy_missing']],
    [
      'a page of another origin',
      { 'http.origin_is_own': false, 'http.sec_fetch_site': 'cross-site' },
      ['sec_fetch_site_unexpected', 'origin_header_mismatch'],
    ],
    ['weights that rise', { 'http.accept_language': 'de;q=0.5,en;q=0.9' }, ['accept_language_q_malformed']],
    ['weights of another make', { 'http.accept_language': 'de;q=0.12345' }, ['accept_language_q_malformed']],
    [
      'headers in lower case',
      { 'http.header_names': ofChromium['http.header_names'].map((name) => name.toLowerCase()) },
      ['header_case_anomaly'],
    ],
  ])('or what does as if: %s', (_what, changes, raised) => {
    expect(raisedBy({ ...ofChromium, ...changes })).toEqual(raised);
  });

  it('say nothing of what could not be looked for', () => {
    const { 'http.sec_ch_ua': _, 'http.header_names': __, ...left } = ofChromium;
    expect(raisedBy(left)).toEqual([]);
  });
});
