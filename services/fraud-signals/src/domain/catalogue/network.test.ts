import { describe, expect, it } from 'vitest';
import type { FactName, Facts, FactValue } from '../facts.ts';
import { networkSignals } from './network.ts';

const july = Date.UTC(2026, 6, 13, 12);

/** At home in Germany, on an ordinary line, with a phone that is set up in German. */
const atHome = {
  'clock.now_ms': july,
  'net.ip_version': 'v4',
  'net.is_private': false,
  'net.country_code': 'DE',
  'net.registered_country_code': 'DE',
  'net.time_zone': 'Europe/Berlin',
  'net.is_location_vague': false,
  'net.asn': 3_320,
  'net.is_hosting': false,
  'net.is_anonymous_vpn': false,
  'net.is_public_proxy': false,
  'net.is_residential_proxy': false,
  'net.is_tor_exit': false,
  'net.risk_score': 0.1,
  'page.utc_offset_min': 120,
  'page.time_zone': 'Europe/Berlin',
  'page.locale': 'de-DE',
  'http.accept_language': 'de-DE,de;q=0.9,en;q=0.8',
  'session.phone_countries': ['DE'],
} satisfies { readonly [Name in FactName]?: FactValue };

function raisedBy(changes: { readonly [Name in FactName]?: FactValue | null }): string[] {
  const facts: Facts = new Map(Object.entries({ ...atHome, ...changes }) as [FactName, FactValue | null][]);
  return networkSignals
    .filter((signal) => {
      const reading = signal.read(facts);
      return signal.weight !== 0 && reading.state === 'value' && signal.isRaised(reading.value, facts);
    })
    .map(({ id }) => id);
}

describe('what speaks against a client on its network', () => {
  it('at home: nothing', () => {
    expect(raisedBy({})).toEqual([]);
  });

  it('an English browser in Germany, or a phone number of before: faint hints at most', () => {
    expect(raisedBy({ 'http.accept_language': 'en-US,en', 'page.locale': 'en-US' })).toEqual([
      'geo_currency_locale_mismatch',
    ]);
    expect(raisedBy({ 'session.phone_countries': ['FR'] })).toEqual(['geo_phone_country_mismatch']);
  });

  it('a carrier that sends people of one coast through the other: nothing', () => {
    const coast = {
      'net.country_code': 'US',
      'net.registered_country_code': 'US',
      'net.time_zone': 'America/New_York',
      'page.time_zone': 'America/Los_Angeles',
      'page.utc_offset_min': -420,
      'page.locale': 'en-US',
      'http.accept_language': 'en-US',
      'session.phone_countries': ['US', 'CA'],
    };
    expect(raisedBy(coast)).toEqual([]);
    expect(raisedBy({ ...coast, 'page.utc_offset_min': 420 })).toEqual(['geo_tz_offset_mismatch']);
  });

  const elsewhere = {
    'page.time_zone': 'Asia/Bangkok',
    'page.utc_offset_min': 420,
    'page.locale': 'th-TH',
    'http.accept_language': 'th-TH,th',
    'session.phone_countries': ['TH'],
  };
  const comparisons = networkSignals
    .filter(({ category }) => category === 'geo_consistency')
    .map(({ id }) => id);

  it('a browser of somewhere else: every comparison', () => {
    expect(raisedBy(elsewhere)).toEqual(comparisons);
  });

  it('the same behind a privacy relay: nothing, since its place says nothing', () => {
    expect(raisedBy({ ...elsewhere, 'net.is_location_vague': true })).toEqual([]);
  });

  it('a VPN, a proxy, Tor, a data centre: each by itself', () => {
    const flags = ['hosting', 'anonymous_vpn', 'public_proxy', 'residential_proxy', 'tor_exit'] as const;
    for (const flag of flags) expect(raisedBy({ [`net.is_${flag}`]: true })).toEqual([`ip_is_${flag}`]);
  });

  it('no autonomous system, or one that nobody can have; not of an address without any network', () => {
    expect(raisedBy({ 'net.asn': null })).toEqual(['ip_is_bogon_asn']);
    expect(raisedBy({ 'net.asn': 4_200_000_001 })).toEqual(['ip_is_bogon_asn']);
    expect(raisedBy({ 'net.asn': null, 'net.is_private': true })).toEqual(['ip_is_private_or_reserved']);
  });
});
