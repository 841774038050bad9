import type { NetworkView } from '@selfsame/contracts/fraud_signals/v1/assessment';
import type { Address } from '../../domain/addresses.ts';
import type { FactValue } from '../../domain/facts.ts';
import { isSpecialAddress } from '../../domain/special-addresses.ts';
import type { NetworkFact } from './record-facts.ts';
import type { Area, DatabaseHit, DatabaseSource, ListSource, Source } from './source.ts';
import { viewOf } from './view.ts';

/** What is known of an address. */
export interface Sight {
  /** Facts that no source could be asked for are missing. */
  readonly facts: ReadonlyMap<NetworkFact, FactValue | null>;
  readonly view: NetworkView;
  /** A source that should have answered could not. */
  readonly failed: boolean;
}

/** Asks all sources of a set at once, without waiting for anything. */
export interface Lookout {
  look(address: Address | null, now: Date): Sight;
}

const dayMs = 24 * 60 * 60 * 1000;
const hourMs = 60 * 60 * 1000;
/** A circle of this radius holds whole countries. */
const vagueRadiusKm = 500;

/** Belong to one place, or to one network: they are never put together from sources that disagree about it. */
const ofPlace = new Set<NetworkFact>([
  'net.is_in_eu',
  'net.registered_country_code',
  'net.represented_country_code',
  'net.region',
  'net.city',
  'net.latitude',
  'net.longitude',
  'net.accuracy_radius_km',
  'net.time_zone',
]);
const ofNetwork = new Set<NetworkFact>(['net.as_org', 'net.domain']);
const ageFacts: Readonly<Record<Area, NetworkFact>> = {
  location: 'net.location_db_age_days',
  asn: 'net.asn_db_age_days',
  reputation: 'net.reputation_db_age_days',
};

/**
 * Joins sources into one answer. Places and networks are told by the first database that knows them, flags by any.
 *
 * @param onFailure is told which source could not answer
 */
export function createLookout(
  sources: readonly Source[],
  onFailure: (name: string, error: unknown) => void,
): Lookout {
  const databases = sources
    .filter((source) => source.type === 'database')
    .toSorted(
      (one, other) =>
        one.rank - other.rank || +other.builtAt - +one.builtAt || (one.name < other.name ? -1 : 1),
    );
  const lists = sources.filter((source) => source.type === 'list');
  const byVersion = { 4: createAsking(databases, lists, 4), 6: createAsking(databases, lists, 6) };

  return {
    look(address, now) {
      // Without an address nothing is there; whether anybody could have looked is told as of IPv4.
      const asking = byVersion[address?.version ?? 4];
      if (address === null || isSpecialAddress(address)) return nothingKnown(asking, address);
      return ask(asking, address, now, onFailure);
    },
  };
}

/** The sources that can be asked for one version of addresses. */
interface Asking {
  readonly databases: readonly DatabaseSource[];
  readonly lists: readonly ListSource[];
  /** What is known when no source has the address. */
  readonly otherwise: ReadonlyMap<NetworkFact, FactValue | null>;
  readonly builtAt: ReadonlyMap<NetworkFact, number>;
}

function createAsking(
  allDatabases: readonly DatabaseSource[],
  allLists: readonly ListSource[],
  version: 4 | 6,
): Asking {
  const databases = allDatabases.filter(({ versions }) => versions.includes(version));
  const lists = allLists.filter(({ versions }) => versions.includes(version));
  const otherwise = new Map<NetworkFact, FactValue | null>();
  const builtAt = new Map<NetworkFact, number>();
  const provide = (fact: NetworkFact, value: FactValue | null) => {
    // That it is on no list says more than that nothing is known.
    otherwise.set(fact, otherwise.get(fact) ?? value);
  };
  const provideAge = (area: Area, at: number) => {
    const fact = ageFacts[area];
    provide(fact, null);
    builtAt.set(fact, Math.max(at, builtAt.get(fact) ?? at));
  };
  for (const database of databases) {
    for (const [fact, value] of database.provides) provide(fact, value);
    for (const area of database.areas) provideAge(area, +database.builtAt);
    if (database.areas.includes('location')) provide('net.is_location_vague', null);
    if (database.areas.some((area) => area !== 'reputation')) provide('net.prefix_length', null);
  }
  for (const list of lists) {
    provide(list.fact, false);
    provideAge('reputation', +list.builtAt);
    if (list.fact === 'net.is_tor_exit') provide('net.tor_exit_age_hours', null);
  }
  return { databases, lists, otherwise, builtAt };
}

function nothingKnown({ otherwise }: Asking, address: Address | null): Sight {
  const facts = new Map<NetworkFact, FactValue | null>();
  for (const fact of otherwise.keys()) facts.set(fact, null);
  describeAddress(facts, address);
  return { facts, view: viewOf(facts, address, '', 0), failed: false };
}

function ask(
  { databases, lists, otherwise, builtAt }: Asking,
  address: Address,
  now: Date,
  onFailure: (name: string, error: unknown) => void,
): Sight {
  const nowMs = now.getTime();
  const facts = new Map(otherwise);
  const lost: DatabaseSource[] = [];
  let countryName = '';
  for (const database of databases) {
    let hit: DatabaseHit | null;
    try {
      hit = database.look(address);
    } catch (error) {
      lost.push(database);
      onFailure(database.name, error);
      continue;
    }
    if (hit === null) continue;
    addHit(facts, database, hit, nowMs);
    if (countryName === '' && hit.facts.get('net.country_code') === facts.get('net.country_code')) {
      countryName = hit.countryName;
    }
  }
  for (const list of lists) {
    if (!list.contains(address)) continue;
    facts.set(list.fact, true);
    if (list.fact === 'net.is_tor_exit') addTorAge(facts, list.seenAt(address), nowMs);
  }
  for (const [fact, at] of builtAt) facts.set(fact, wholeSince(at, nowMs, dayMs));
  forget(facts, lost);
  describeAddress(facts, address);
  if ((facts.get('net.country_code') ?? null) !== null) facts.set('net.is_location_vague', isVague(facts));
  return { facts, view: viewOf(facts, address, countryName, nowMs), failed: lost.length > 0 };
}

/** Adds what a database says, where nothing was known before and it does not speak of another place or network. */
function addHit(
  facts: Map<NetworkFact, FactValue | null>,
  { areas }: DatabaseSource,
  hit: DatabaseHit,
  nowMs: number,
): void {
  const agrees = (fact: NetworkFact) => {
    const held = facts.get(fact) ?? null;
    return held === null || held === hit.facts.get(fact);
  };
  const isSamePlace = agrees('net.country_code');
  const isSameNetwork = agrees('net.asn');
  for (const [fact, value] of hit.facts) {
    const held = facts.get(fact) ?? null;
    if (held !== null && held !== false) continue;
    if ((!isSamePlace && ofPlace.has(fact)) || (!isSameNetwork && ofNetwork.has(fact))) continue;
    facts.set(fact, value);
  }
  if (areas.some((area) => area !== 'reputation')) {
    facts.set('net.prefix_length', Math.max(hit.prefixLength, Number(facts.get('net.prefix_length') ?? 0)));
  }
  if (hit.lastSeenAt !== null) {
    const days = wholeSince(hit.lastSeenAt, nowMs, dayMs);
    facts.set(
      'net.proxy_last_seen_days',
      Math.min(days, Number(facts.get('net.proxy_last_seen_days') ?? days)),
    );
  }
}

function addTorAge(facts: Map<NetworkFact, FactValue | null>, seenAt: number, nowMs: number): void {
  const hours = wholeSince(seenAt, nowMs, hourMs);
  facts.set('net.tor_exit_age_hours', Math.min(hours, Number(facts.get('net.tor_exit_age_hours') ?? hours)));
}

/** What only a lost source could have told is missing; what others have found stays. */
function forget(facts: Map<NetworkFact, FactValue | null>, lost: readonly DatabaseSource[]): void {
  for (const fact of lost.flatMap(({ provides }) => [...provides.keys()])) {
    const held = facts.get(fact);
    if (held === null || held === false) facts.delete(fact);
  }
}

function describeAddress(facts: Map<NetworkFact, FactValue | null>, address: Address | null): void {
  facts.set('net.ip_version', address === null ? null : `v${address.version}`);
  facts.set('net.is_private', address === null ? null : isSpecialAddress(address));
}

function isVague(facts: ReadonlyMap<NetworkFact, FactValue | null>): boolean {
  return (
    facts.get('net.is_relay') === true ||
    facts.get('net.is_anycast') === true ||
    facts.get('net.connection_type') === 'satellite' ||
    Number(facts.get('net.accuracy_radius_km') ?? 0) >= vagueRadiusKm
  );
}

/** Of clocks that disagree a little no age is below 0. */
function wholeSince(atMs: number, nowMs: number, unitMs: number): number {
  return Math.max(0, Math.floor((nowMs - atMs) / unitMs));
}
