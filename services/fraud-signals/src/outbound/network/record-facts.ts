import type { FactName, FactValue } from '../../domain/facts.ts';
import { isTimeZone } from '../../domain/time-zones.ts';
import type { MmdbMap, MmdbValue } from './mmdb-values.ts';

export type NetworkFact = Extract<FactName, `net.${string}`>;

/** What one record of a database says. */
export interface RecordFacts {
  readonly facts: ReadonlyMap<NetworkFact, FactValue>;
  /** English name of the country; '' when the record has none. */
  readonly countryName: string;
  /** When the proxy was last seen, milliseconds since 1970; null: the record does not say. */
  readonly lastSeenAt: number | null;
}

type Convert = (value: MmdbValue) => FactValue | undefined;

const maxTextLength = 200;

const text: Convert = (value) => {
  if (typeof value !== 'string') return undefined;
  const trimmed = value.trim().slice(0, maxTextLength);
  return trimmed === '' ? undefined : trimmed;
};
const keyword: Convert = (value) => {
  const word = text(value);
  return typeof word === 'string' ? word.toLowerCase().replace(/[^a-z0-9]+/g, '_') : undefined;
};
const countryCode: Convert = (value) =>
  typeof value === 'string' && /^[A-Z]{2}$/.test(value) ? value : undefined;
const timeZone: Convert = (value) => (typeof value === 'string' && isTimeZone(value) ? value : undefined);
const digits: Convert = (value) => {
  const word = typeof value === 'number' ? String(value) : value;
  return typeof word === 'string' && /^\d{1,3}$/.test(word) ? word : undefined;
};
const number =
  (min: number, max: number): Convert =>
  (value) => {
    const read = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
    return typeof read === 'number' && read >= min && read <= max ? read : undefined;
  };
/** 64500, "64500" or "AS64500". */
const asn: Convert = (value) =>
  number(0, 0xffffffff)(typeof value === 'string' ? value.replace(/^AS/, '') : value);
const flag: Convert = (value) => {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 1) return true;
  return value === 'false' || value === '' || value === 0 ? false : undefined;
};

/**
 * Where the vendors have what: maps inside of maps (MaxMind, DB-IP) and flat ones (IPinfo and what is converted from CSV).
 * Their names do not contradict each other, so the first place that has something counts.
 */
const fields: readonly (readonly [NetworkFact, Convert, ...string[]])[] = [
  ['net.country_code', countryCode, 'country.iso_code', 'country_code', 'country'],
  ['net.is_in_eu', flag, 'country.is_in_european_union'],
  ['net.registered_country_code', countryCode, 'registered_country.iso_code'],
  ['net.represented_country_code', countryCode, 'represented_country.iso_code'],
  ['net.region', text, 'subdivisions.0.names.en', 'region', 'state1'],
  ['net.city', text, 'city.names.en', 'city'],
  ['net.latitude', number(-90, 90), 'location.latitude', 'latitude', 'lat'],
  ['net.longitude', number(-180, 180), 'location.longitude', 'longitude', 'lng'],
  ['net.accuracy_radius_km', number(0, 20_100), 'location.accuracy_radius', 'radius'],
  ['net.time_zone', timeZone, 'location.time_zone', 'timezone', 'time_zone'],
  ['net.is_anycast', flag, 'traits.is_anycast', 'is_anycast', 'anycast'],

  ['net.asn', asn, 'autonomous_system_number', 'traits.autonomous_system_number', 'asn'],
  ['net.as_org', text, 'autonomous_system_organization', 'traits.autonomous_system_organization', 'as_name'],
  ['net.isp', text, 'isp', 'traits.isp', 'carrier'],
  ['net.organization', text, 'organization', 'traits.organization'],
  ['net.domain', text, 'traits.domain', 'as_domain', 'domain'],
  ['net.connection_type', keyword, 'connection_type', 'traits.connection_type'],
  ['net.user_type', keyword, 'traits.user_type', 'user_type', 'as_type', 'type'],
  ['net.mobile_country_code', digits, 'mobile_country_code', 'traits.mobile_country_code', 'mcc'],
  ['net.mobile_network_code', digits, 'mobile_network_code', 'traits.mobile_network_code', 'mnc'],
  ['net.static_ip_score', number(0, 100), 'traits.static_ip_score', 'score'],
  ['net.user_count', number(0, 2 ** 53), 'traits.user_count', 'ipv4_32', 'ipv6_64'],

  ['net.is_hosting', flag, 'is_hosting_provider', 'traits.is_hosting_provider', 'hosting', 'is_hosting'],
  ['net.is_anonymous_vpn', flag, 'is_anonymous_vpn', 'traits.is_anonymous_vpn', 'vpn', 'is_vpn'],
  ['net.is_public_proxy', flag, 'is_public_proxy', 'traits.is_public_proxy', 'proxy', 'is_proxy'],
  ['net.is_residential_proxy', flag, 'is_residential_proxy', 'traits.is_residential_proxy'],
  ['net.is_tor_exit', flag, 'is_tor_exit_node', 'traits.is_tor_exit_node', 'tor', 'is_tor'],
  ['net.is_relay', flag, 'relay', 'is_relay'],
  ['net.is_enterprise_gateway', flag, 'traits.is_legitimate_proxy'],
  ['net.is_mobile_carrier', flag, 'is_mobile'],
  ['net.risk_score', number(0, 100), 'ip_risk', 'traits.ip_risk_snapshot'],
  ['net.anonymizer_confidence', number(0, 100), 'anonymizer_confidence'],
  ['net.anonymizer_name', text, 'provider_name', 'service'],
];

interface Place {
  readonly name: NetworkFact;
  readonly convert: Convert;
  /** Below the first step. */
  readonly rest: readonly string[];
  /** Lower ones count first. */
  readonly rank: number;
}

/** By their first step: a record has few of them, and only those are looked at. */
const placesByKey = Map.groupBy(
  fields.flatMap(([name, convert, ...spelt]) =>
    spelt.map((path, rank) => ({ name, convert, path: path.split('.'), rank })),
  ),
  ({ path }) => path[0] ?? '',
);
const places = new Map<string, readonly Place[]>(
  [...placesByKey].map(([key, those]) => [
    key,
    those.map(({ path, ...place }) => ({ ...place, rest: path.slice(1) })),
  ]),
);

/** Reads a record in any of the layouts. What makes no sense is left out, as if the database did not have it. */
export function readRecordFacts(record: MmdbValue): RecordFacts {
  const facts = new Map<NetworkFact, FactValue>();
  if (!(record instanceof Map)) return { facts, countryName: '', lastSeenAt: null };
  const ranks = new Map<NetworkFact, number>();
  for (const [key, item] of record as MmdbMap) {
    for (const { name, convert, rest, rank } of places.get(key) ?? []) {
      if ((ranks.get(name) ?? Number.POSITIVE_INFINITY) < rank) continue;
      const found = valueAt(item, rest);
      const value = found === undefined ? undefined : convert(found);
      if (value === undefined) continue;
      facts.set(name, value);
      ranks.set(name, rank);
    }
  }
  addDerived(record, facts);
  return { facts, countryName: countryNameOf(record), lastSeenAt: lastSeenOf(record) };
}

function valueAt(record: MmdbValue, place: readonly string[]): MmdbValue | undefined {
  let value: MmdbValue | undefined = record;
  for (const step of place) {
    if (value instanceof Map) value = value.get(step) as MmdbValue | undefined;
    else if (Array.isArray(value)) value = value[Number(step)] as MmdbValue | undefined;
    else return undefined;
  }
  return value;
}

/** What follows from a record though it is written down in another way, or by being left out. */
function addDerived(record: MmdbMap, facts: Map<NetworkFact, FactValue>): void {
  const position = record.get('loc');
  if (typeof position === 'string') addPosition(position, facts);
  // Left out by MaxMind where it is not so.
  if (facts.has('net.country_code') && record.get('country') instanceof Map && !facts.has('net.is_in_eu')) {
    facts.set('net.is_in_eu', false);
  }
  // Of the network in a table of networks, of its user in a table of companies.
  const name = text(record.get('name') ?? '');
  if (name !== undefined) {
    const named = facts.has('net.asn') ? 'net.as_org' : 'net.organization';
    if (!facts.has(named)) facts.set(named, name);
  }
  const userType = facts.get('net.user_type');
  const connection = facts.get('net.connection_type');
  if (userType !== undefined && !facts.has('net.is_hosting')) {
    facts.set('net.is_hosting', userType === 'hosting' || userType === 'content_delivery_network');
  }
  const isMobile =
    userType === 'cellular' ||
    connection === 'cellular' ||
    facts.has('net.mobile_country_code') ||
    record.has('carrier');
  if (isMobile) facts.set('net.is_mobile_carrier', true);
  else if (connection !== undefined && !facts.has('net.is_mobile_carrier')) {
    facts.set('net.is_mobile_carrier', false);
  }
}

/** "51.5,-0.12" */
function addPosition(position: string, facts: Map<NetworkFact, FactValue>): void {
  const [latitude = '', longitude = '', ...rest] = position.split(',');
  const north = number(-90, 90)(latitude.trim());
  const east = number(-180, 180)(longitude.trim());
  if (north === undefined || east === undefined || rest.length > 0) return;
  facts.set('net.latitude', north).set('net.longitude', east);
}

function countryNameOf(record: MmdbMap): string {
  const found =
    valueAt(record, ['country', 'names', 'en']) ?? record.get('country_name') ?? record.get('country');
  const name = found === undefined ? undefined : text(found);
  return typeof name === 'string' && name.length > 2 ? name : '';
}

/** A day: 2025-04-14. */
function lastSeenOf(record: MmdbMap): number | null {
  const day = record.get('network_last_seen') ?? record.get('last_seen');
  const at =
    typeof day === 'string' && /^\d{4}-\d\d-\d\d/.test(day) ? Date.parse(day.slice(0, 10)) : Number.NaN;
  return Number.isFinite(at) ? at : null;
}
