import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { networkFacts } from '../../src/domain/facts/network.ts';
import type { FactName } from '../../src/domain/facts.ts';
import { emptyDirectory, ipData, type Opened, openAt } from './harness.ts';
import { type Encodable, encodeMmdb } from './mmdb-encoder.ts';

type Expected = { readonly [Name in FactName]?: unknown };

describe('all databases and lists at once', () => {
  let opened: Opened;
  let directory: Awaited<ReturnType<typeof emptyDirectory>>;
  beforeAll(async () => {
    directory = await emptyDirectory();
    await mkdir(join(directory.path, 'lists'));
    const files = [
      ...[
        'GeoIP-Anonymous-Plus',
        'GeoIP-Residential-Proxy',
        'GeoIP2-Anonymous-IP',
        'GeoIP2-City',
        'GeoIP2-ISP',
      ],
      ...['GeoIP2-Connection-Type', 'GeoIP2-IP-Risk', 'GeoLite2-ASN', 'GeoLite2-City', 'GeoLite2-Country'],
    ].map((name) => `${name}-Test.mmdb`);
    await Promise.all(files.map((name) => copyFile(ipData('mmdb', name), join(directory.path, name))));
    const lists = ['datacenter-ipv4', 'datacenter-ipv6', 'vpn-ipv4', 'vpn-ipv6', 'tor-exit-nodes'];
    await Promise.all(
      lists.map((name) =>
        copyFile(ipData('lists', `${name}.txt`), join(directory.path, 'lists', `${name}.txt`)),
      ),
    );
    opened = await openAt(directory.path);
  });
  afterAll(async () => {
    await opened[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  it('every file is in use', () => {
    const { files, isDegraded } = opened.network.status();
    expect(files.filter(({ state }) => state !== 'loaded')).toEqual([]);
    expect([files.length, isDegraded]).toEqual([15, false]);
  });

  const london: Expected = {
    'net.country_code': 'GB',
    'net.region': 'England',
    'net.city': 'London',
    'net.latitude': 51.5142,
    'net.longitude': -0.0931,
    'net.accuracy_radius_km': 100,
    'net.time_zone': 'Europe/London',
    'net.registered_country_code': 'US',
    'net.is_in_eu': false,
    'net.isp': 'Andrews & Arnold Ltd',
    'net.organization': 'STONEHOUSE office network',
    'net.is_anonymous_vpn': true,
    'net.is_tor_exit': true,
    'net.is_hosting': true,
    'net.is_public_proxy': true,
    'net.is_residential_proxy': true,
    'net.ip_version': 'v4',
    'net.is_private': false,
    'net.location_db_age_days': 158,
  };
  const linköping: Expected = {
    'net.country_code': 'SE',
    'net.region': 'Östergötland County',
    'net.city': 'Linköping',
    'net.accuracy_radius_km': 76,
    'net.is_in_eu': true,
    'net.asn': 29_518,
    'net.as_org': 'Bredband2 AB',
    'net.organization': 'Bevtec',
    'net.prefix_length': 29,
    'net.is_anonymous_vpn': false,
    'net.is_tor_exit': false,
    'net.tor_exit_age_hours': null,
  };
  it.each<[string, Expected]>([
    ['81.2.69.160', london],
    ['::ffff:81.2.69.160', london],
    ['::FFFF:5102:45A0', london],
    ['89.160.20.112', linköping],
    ['::ffff:89.160.20.112', linköping],
    [
      '2.125.160.216',
      {
        'net.country_code': 'GB',
        'net.city': 'Boxford',
        'net.registered_country_code': 'FR',
        'net.connection_type': 'cable_dsl',
        'net.prefix_length': 29,
      },
    ],
    [
      '2001:218::',
      {
        'net.country_code': 'JP',
        'net.city': null,
        'net.time_zone': 'Asia/Tokyo',
        'net.ip_version': 'v6',
        'net.prefix_length': 32,
        'net.is_tor_exit': false,
      },
    ],
    ['2001:218:ffff:ffff:ffff:ffff:ffff:ffff', { 'net.country_code': 'JP' }],
    ['2001:219::', { 'net.country_code': null }],
    ['1.2.0.0', { 'net.is_anonymous_vpn': true, 'net.country_code': null, 'net.is_tor_exit': false }],
    ['1.124.213.1', { 'net.is_tor_exit': true, 'net.is_anonymous_vpn': true, 'net.is_hosting': false }],
    ['71.160.223.45', { 'net.is_hosting': true, 'net.is_anonymous_vpn': false }],
    ['214.2.3.5', { 'net.risk_score': 90, 'net.asn': 721, 'net.is_residential_proxy': true }],
    ['216.160.83.56', { 'net.connection_type': 'corporate', 'net.asn': 209, 'net.isp': 'Century Link' }],
    ['12.81.92.0', { 'net.asn': 7_018, 'net.as_org': 'AT&T Services', 'net.isp': 'AT&T Services' }],
    [
      '175.16.199.0',
      { 'net.country_code': 'CN', 'net.region': 'Jilin Sheng', 'net.time_zone': 'Asia/Harbin' },
    ],
    ['2a02:cf40::', { 'net.country_code': 'NO', 'net.time_zone': 'Europe/Oslo' }],
    ['2003::1', { 'net.asn': 3_320, 'net.connection_type': 'cable_dsl' }],
    // First and last addresses of lists.
    ['1.12.0.0', { 'net.is_hosting': true }],
    ['1.15.255.255', { 'net.is_hosting': true }],
    ['1.11.255.255', { 'net.is_hosting': false }],
    ['2.26.157.255', { 'net.is_anonymous_vpn': true }],
    ['2.26.158.0', { 'net.is_anonymous_vpn': false }],
    ['2001:550:1d05:ffff:ffff:ffff:ffff:ffff', { 'net.is_anonymous_vpn': true }],
    ['2001:550:1d06::', { 'net.is_anonymous_vpn': false }],
    ['101.99.92.179', { 'net.is_tor_exit': true }],
  ])('%s', (address, expected) => {
    for (const [name, value] of Object.entries(expected)) {
      expect(opened.fact(address, name as FactName), name).toBe(value);
    }
    expect(opened.network.look(address).failed).toBe(false);
  });

  it('tells what the public contract calls the network', () => {
    expect(opened.network.look('::ffff:89.160.20.112').view).toEqual({
      ipAddress: '89.160.20.112',
      country: 'Sweden',
      countryCode: 'SE',
      state: 'Östergötland County',
      city: 'Linköping',
      latitude: 58.4167,
      longitude: 15.6167,
      isp: 'Bredband2 AB',
      organization: 'Bevtec',
      isVpnOrTor: false,
      isDataCenter: false,
      timeZone: 'Europe/Stockholm',
      timeZoneOffset: '+0200',
    });
    expect(opened.network.look('81.2.69.160').view).toMatchObject({ isVpnOrTor: true, isDataCenter: true });
  });

  it('of a special address nothing is known, which is not the same as nobody looking', () => {
    for (const address of ['127.0.0.1', '10.1.2.3', '::1', 'fe80::1%eth0', '203.0.113.5']) {
      const { facts, view, failed } = opened.network.look(address);
      expect(facts.get('net.is_private'), address).toBe(true);
      expect(facts.get('net.is_anonymous_vpn'), address).toBeNull();
      expect(facts.get('net.country_code'), address).toBeNull();
      expect([view.isVpnOrTor, view.countryCode, failed]).toEqual([false, '', false]);
    }
  });

  it('what is no address is nobody’s', () => {
    for (const text of ['', 'unknown', '81.2.69.160:443', '1.2.3.4, 5.6.7.8', '🦀'.repeat(1_000)]) {
      const { facts, view, failed } = opened.network.look(text);
      expect([...facts.values()].every((value) => value === null)).toBe(true);
      expect(facts.has('net.country_code')).toBe(true);
      expect([view.ipAddress, failed]).toEqual(['', false]);
    }
  });

  it('every fact is one that is declared, and of its kind', () => {
    const kinds: Record<string, string> = networkFacts;
    for (const address of ['81.2.69.160', '214.2.3.5', '2001:218::', '101.99.92.179', '']) {
      for (const [name, value] of opened.network.look(address).facts) {
        const kind = { text: 'string', number: 'number', flag: 'boolean' }[kinds[name] ?? ''];
        if (value !== null) expect(typeof value, name).toBe(kind);
      }
    }
  });
});

describe('each database by itself', () => {
  const only = async (files: Record<string, Buffer | string>) => {
    const directory = await emptyDirectory();
    for (const [name, content] of Object.entries(files)) {
      if (typeof content === 'string') await copyFile(content, join(directory.path, name));
      else await writeFile(join(directory.path, name), content);
    }
    return openAt(directory.path).finally(() => directory[Symbol.asyncDispose]());
  };
  const cases: [string, string, Expected][] = [
    ['GeoIP2-City', '216.160.83.56', { 'net.city': 'Milton', 'net.time_zone': 'America/Los_Angeles' }],
    ['GeoLite2-City', '216.160.83.56', { 'net.city': 'Milton', 'net.country_code': 'US' }],
    ['GeoLite2-Country', '2001:218::', { 'net.country_code': 'JP', 'net.city': undefined }],
    [
      'GeoLite2-ASN',
      '1.128.0.0',
      { 'net.asn': 1_221, 'net.as_org': 'Telstra Pty Ltd', 'net.isp': undefined },
    ],
    ['GeoIP2-ISP', '1.128.0.0', { 'net.isp': 'Telstra Internet', 'net.country_code': undefined }],
    [
      'GeoIP2-Connection-Type',
      '1.0.0.1',
      { 'net.connection_type': 'cable_dsl', 'net.is_mobile_carrier': false },
    ],
    ['GeoIP2-Anonymous-IP', '1.2.0.0', { 'net.is_anonymous_vpn': true, 'net.is_relay': undefined }],
    ['GeoIP-Anonymous-Plus', '1.2.0.0', { 'net.is_anonymous_vpn': true, 'net.risk_score': undefined }],
    ['GeoIP2-IP-Risk', '214.2.3.5', { 'net.risk_score': 90, 'net.asn': undefined }],
  ];
  it.each(cases)('%s', async (name, address, expected) => {
    await using opened = await only({ 'a.mmdb': ipData('mmdb', `${name}-Test.mmdb`) });
    for (const [fact, value] of Object.entries(expected)) {
      expect(opened.fact(address, fact as FactName), fact).toBe(value);
    }
  });

  it('an address in a database of residential proxies is one; nothing more is needed', async () => {
    await using opened = await only({
      'a.mmdb': encodeMmdb({
        databaseType: 'GeoIP-Residential-Proxy',
        networks: [
          [
            '1.2.3.4',
            { provider_name: 'netnut', anonymizer_confidence: 90, network_last_seen: '2026-07-10' },
          ],
        ],
      }),
    });
    expect(opened.fact('1.2.3.4', 'net.is_residential_proxy')).toBe(true);
    expect(opened.fact('1.2.3.4', 'net.anonymizer_name')).toBe('netnut');
    expect(opened.fact('1.2.3.4', 'net.proxy_last_seen_days')).toBe(3);
    expect(opened.fact('1.2.3.5', 'net.is_residential_proxy')).toBe(false);
    expect(opened.fact('1.2.3.4', 'net.is_anonymous_vpn')).toBeUndefined();
  });

  /** Records of our own making, in the layouts of the vendors. */
  const layouts: [string, string, Encodable, Expected][] = [
    [
      'an enterprise database',
      'GeoIP2-Enterprise',
      {
        city: { confidence: 50, names: { en: 'Testburg' } },
        country: { confidence: 99, iso_code: 'DE', is_in_european_union: true, names: { en: 'Germany' } },
        location: { accuracy_radius: 5, latitude: 52.5, longitude: 13.25, time_zone: 'Europe/Berlin' },
        traits: {
          autonomous_system_number: 64_499,
          autonomous_system_organization: 'Example Net',
          connection_type: 'Cellular',
          user_type: 'cellular',
          is_legitimate_proxy: true,
          static_ip_score: 0.5,
          user_count: 12,
          domain: 'example.net',
        },
      },
      {
        'net.city': 'Testburg',
        'net.is_in_eu': true,
        'net.asn': 64_499,
        'net.connection_type': 'cellular',
        'net.is_mobile_carrier': true,
        'net.is_enterprise_gateway': true,
        'net.static_ip_score': 0.5,
        'net.user_count': 12,
        'net.domain': 'example.net',
        'net.is_hosting': false,
      },
    ],
    ['a count of users', 'GeoIP2-User-Count', { ipv4_24: 90, ipv4_32: 4 }, { 'net.user_count': 4 }],
    ['a score of permanence', 'GeoIP2-Static-IP-Score', { score: 7.25 }, { 'net.static_ip_score': 7.25 }],
    [
      'DB-IP, cities, the free edition: no zone, no radius',
      'DBIP-City-Lite',
      {
        city: { names: { en: 'Testburg (Mitte)' } },
        continent: { code: 'EU', geoname_id: 6_255_148 },
        country: {
          geoname_id: 2_921_044,
          is_in_european_union: true,
          iso_code: 'DE',
          names: { en: 'Germany' },
        },
        location: { latitude: 52.5, longitude: 13.25 },
        subdivisions: [{ names: { en: 'Land Test' } }],
      },
      {
        'net.city': 'Testburg (Mitte)',
        'net.region': 'Land Test',
        'net.latitude': 52.5,
        'net.is_in_eu': true,
        'net.time_zone': undefined,
        'net.accuracy_radius_km': undefined,
      },
    ],
    [
      'DB-IP, networks, the free edition',
      'DBIP-ASN-Lite (compat=GeoLite2-ASN)',
      { autonomous_system_number: 64_499, autonomous_system_organization: 'Example Net' },
      { 'net.asn': 64_499, 'net.as_org': 'Example Net' },
    ],
    [
      'DB-IP, providers',
      'DBIP-ISP (compat=GeoIP2-ISP)',
      {
        autonomous_system_number: 64_499,
        isp: 'Example ISP',
        organization: 'Example Org',
        user_type: 'business',
      },
      { 'net.isp': 'Example ISP', 'net.organization': 'Example Org', 'net.user_type': 'business' },
    ],
    [
      'IPinfo, country and network, the free edition',
      'ipinfo generic_country_asn.mmdb',
      {
        country: 'Germany',
        country_code: 'DE',
        continent_code: 'EU',
        asn: 'AS64499',
        as_name: 'Example Net',
        as_domain: 'example.net',
      },
      {
        'net.country_code': 'DE',
        'net.asn': 64_499,
        'net.as_org': 'Example Net',
        'net.domain': 'example.net',
        'net.is_in_eu': undefined,
      },
    ],
    [
      'IPinfo, older: the country is a code',
      'ipinfo country_asn.mmdb',
      { country: 'DE', country_name: 'Germany', asn: 'AS64499', as_name: 'Example Net' },
      { 'net.country_code': 'DE', 'net.asn': 64_499 },
    ],
    [
      'IPinfo, places: numbers are texts',
      'ipinfo standard_location.mmdb',
      {
        city: 'Testburg',
        region: 'Land Test',
        country: 'DE',
        lat: '52.5',
        lng: '13.25',
        postal_code: '12345',
        timezone: 'Europe/Berlin',
      },
      {
        'net.city': 'Testburg',
        'net.latitude': 52.5,
        'net.longitude': 13.25,
        'net.time_zone': 'Europe/Berlin',
      },
    ],
    [
      'IPinfo, places: one text for both coordinates',
      'ipinfo location.mmdb',
      { city: 'Testburg', country: 'DE', loc: '52.5,13.25' },
      { 'net.latitude': 52.5, 'net.longitude': 13.25 },
    ],
    [
      'IPinfo, privacy: flags are flags',
      'ipinfo standard_privacy.mmdb',
      { vpn: true, proxy: false, tor: false, relay: false, hosting: true, service: 'Example VPN' },
      {
        'net.is_anonymous_vpn': true,
        'net.is_public_proxy': false,
        'net.is_relay': false,
        'net.is_hosting': true,
        'net.anonymizer_name': 'Example VPN',
      },
    ],
    [
      'IPinfo, privacy: flags are texts',
      'ipinfo privacy.mmdb',
      { vpn: '', proxy: 'true', tor: 'true', relay: 'true', hosting: 'false', service: '' },
      {
        'net.is_anonymous_vpn': false,
        'net.is_public_proxy': true,
        'net.is_tor_exit': true,
        'net.is_relay': true,
        'net.is_hosting': false,
        'net.anonymizer_name': undefined,
      },
    ],
    [
      'IPinfo, networks',
      'ipinfo standard_asn.mmdb',
      { asn: 'AS64499', domain: 'example.net', name: 'Example Net', route: '1.2.3.0/24', type: 'hosting' },
      { 'net.asn': 64_499, 'net.as_org': 'Example Net', 'net.user_type': 'hosting', 'net.is_hosting': true },
    ],
    [
      'IPinfo, carriers',
      'ipinfo standard_carrier.mmdb',
      { carrier: 'Example Mobile', mcc: '262', mnc: '01', cc: 'DE' },
      {
        'net.is_mobile_carrier': true,
        'net.mobile_country_code': '262',
        'net.mobile_network_code': '01',
        'net.isp': 'Example Mobile',
      },
    ],
    [
      'a flat one made of CSV',
      'city',
      {
        country_code: 'DE',
        city: 'Testburg',
        state1: 'Land Test',
        latitude: 52.5,
        longitude: 13.25,
        timezone: 'Europe/Berlin',
      },
      { 'net.region': 'Land Test', 'net.longitude': 13.25 },
    ],
    [
      'nonsense in every field is as nothing, and the rest counts',
      'GeoLite2-City',
      {
        country: { iso_code: 'Deutschland', names: { en: 5 } },
        city: 'Testburg',
        location: { latitude: 400, longitude: 'east', time_zone: 'Mars/Olympus', accuracy_radius: -1 },
        asn: 'AS0x10',
        vpn: 'perhaps',
      },
      {
        'net.city': 'Testburg',
        'net.country_code': undefined,
        'net.latitude': undefined,
        'net.longitude': undefined,
        'net.time_zone': undefined,
        'net.asn': undefined,
        'net.is_anonymous_vpn': undefined,
      },
    ],
  ];
  it.each(layouts)('%s', async (_, databaseType, record, expected) => {
    const bytes = encodeMmdb({ databaseType, networks: [['1.2.3.0/24', record]] });
    await using opened = await only({ 'a.mmdb': bytes });
    for (const [fact, value] of Object.entries(expected)) {
      expect(opened.fact('1.2.3.4', fact as FactName), fact).toBe(value);
    }
  });

  it('place and network are never put together from databases that disagree', async () => {
    const germany: Encodable = {
      country: { iso_code: 'DE', names: { en: 'Germany' } },
      city: { names: { en: 'Testburg' } },
    };
    await using opened = await only({
      'paid.mmdb': encodeMmdb({
        databaseType: 'GeoIP2-City',
        networks: [
          ['1.2.3.0/24', { country: { iso_code: 'FR', names: { en: 'France' } }, asn: 1 }],
          ['1.2.4.0/24', { country: { iso_code: 'DE', names: { en: 'Germany' } } }],
          ['1.2.5.0/24', germany],
        ],
      }),
      'free.mmdb': encodeMmdb({
        databaseType: 'GeoLite2-City',
        networks: [
          [
            '1.2.3.0/24',
            { city: { names: { en: 'Testburg' } }, country: { iso_code: 'DE' }, asn: 2, as_name: 'Two' },
          ],
          ['1.2.4.0/24', germany],
          ['1.2.6.0/24', germany],
        ],
      }),
    });
    const seen = (address: string) =>
      (['net.country_code', 'net.city', 'net.asn', 'net.as_org'] as const).map((name) =>
        opened.fact(address, name),
      );
    expect(seen('1.2.3.4')).toEqual(['FR', null, 1, null]);
    expect(seen('1.2.4.4')).toEqual(['DE', 'Testburg', null, null]);
    expect(seen('1.2.6.4')).toEqual(['DE', 'Testburg', null, null]);
    expect(opened.network.look('1.2.3.4').view.country).toBe('France');
  });

  it('a relay, anycast, satellite or a vast radius make the place a vague one', async () => {
    const place = (radius: number, more: { [key: string]: Encodable } = {}) => ({
      country: { iso_code: 'DE' },
      location: { accuracy_radius: radius },
      ...more,
    });
    await using opened = await only({
      'a.mmdb': encodeMmdb({
        databaseType: 'x',
        networks: [
          ['1.0.0.0/24', place(20)],
          ['1.0.1.0/24', place(1_000)],
          ['1.0.2.0/24', place(20, { traits: { is_anycast: true } })],
          ['1.0.3.0/24', place(20, { connection_type: 'Satellite' })],
        ],
      }),
      'relay-one.txt': Buffer.from('1.0.4.0/24\n1.0.5.0/24'),
    });
    const vague = (last: number) => opened.fact(`1.0.${last}.1`, 'net.is_location_vague');
    expect([0, 1, 2, 3, 4].map(vague)).toEqual([false, true, true, true, null]);
    expect(opened.fact('1.0.4.1', 'net.is_relay')).toBe(true);
    expect(opened.network.look('1.0.4.1').view.isVpnOrTor).toBe(false);
  });
});
