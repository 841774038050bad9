import type { Context } from '../context.ts';
import type { FactName, FactValue } from '../domain/facts.ts';
import { rangeKey, rangesAround } from '../domain/lists/ip-range.ts';
import { matchKeysOf } from '../domain/lists/match-key.ts';
import type { ValueType } from '../domain/lists/types.ts';
import { isOurDeviceName, normalUser, readValue } from '../domain/lists/value.ts';
import { findHits, type Hit } from '../outbound/list-hit-store.ts';
import type { Visit } from '../visit.ts';

/** What the application's lists say of a visit. */
export interface ListFindings {
  /** On blocklists, then on allowlists. */
  readonly hits: readonly (Hit & { readonly listType: 'blocklist' | 'allowlist' })[];
  /** lists.* */
  readonly facts: ReadonlyMap<FactName, FactValue | null>;
  /** Entries of blocklists among them, for later visits of the session. */
  readonly blockedBy: readonly string[];
  /** Whether there is a blocklist to be on. */
  readonly hasBlocklists: boolean;
  /** Whether the visit is on a list could not be told in full: nothing may be approved. */
  readonly failed: boolean;
}

type Facts = Map<FactName, FactValue | null>;

/** No honest visit is on so many; the blocking ones come first. */
const maxHits = 500;

/**
 * Looks a visit up on all lists of its application, with one query. What barred an opening of the page bars the session: the look
 * may come from elsewhere, or without what named the device.
 * @param deviceNames what the visit's device is called, if it proved itself or was recognised
 */
export async function findListHits(
  context: Pick<Context, 'hash' | 'database'>,
  visit: Visit,
  deviceNames: readonly string[],
): Promise<ListFindings> {
  const { applicationId, sessionId } = visit;
  const values = valuesOf(visit, deviceNames);
  const matchKey = matchKeysOf(context.hash, applicationId);
  const matchKeys = [...values].flatMap(([type, normals]) =>
    (normals ?? []).map((normal) => matchKey(type, normal)),
  );
  const query = { applicationId, sessionId, matchKeys, limit: maxHits };
  const answer = await findHits(context.database.db, query);
  const found = answer.hits ?? [];
  const isCountryUnknown = values.get('country') === undefined && answer.hasCountries;
  const failed = isCountryUnknown || answer.isOpeningUnknown;
  const blockedBy = found.flatMap(({ listType, entryId }) => (listType === 'blocklist' ? [entryId] : []));
  return {
    hits: found.filter(isTold),
    facts: factsOf(values, found, failed),
    blockedBy,
    hasBlocklists: answer.hasBlocklists,
    failed,
  };
}

/** What of a visit may be on a list, normalised; null: the visit has no such thing; undefined: nobody could look. */
type Values = ReadonlyMap<ValueType, readonly string[] | null | undefined>;

function valuesOf(visit: Visit, deviceNames: readonly string[]): Values {
  const ranges = rangesAround(visit.ipAddress || visit.applicationIpAddress).map(rangeKey);
  // The application may call its devices as it likes, but for the names that only a proof gives.
  const named = isOurDeviceName(visit.applicationDeviceId) ? '' : visit.applicationDeviceId;
  const devices = [...deviceNames, named].flatMap((name) => normal('device_fingerprint', name));
  return new Map<ValueType, readonly string[] | null | undefined>([
    ['ip_address', orNull(ranges)],
    ['device_fingerprint', orNull([...new Set(devices)])],
    ['user', visit.vendorData === '' ? null : [normalUser(visit.vendorData)]],
    ['country', countriesOf(visit)],
    ['email', orNull(normal('email', visit.email))],
    ['phone', orNull(normal('phone', visit.phone))],
  ]);
}

function countriesOf({ facts }: Visit): readonly string[] | null | undefined {
  const country = facts.get('net.country_code');
  if (country === undefined) return undefined;
  return orNull(normal('country', String(country ?? '')));
}

/** None for what could not be on a list anyway. */
function normal(type: ValueType, text: string): string[] {
  const value = readValue(type, text);
  return 'mistake' in value ? [] : [value.normal];
}

function orNull(values: readonly string[]): readonly string[] | null {
  return values.length === 0 ? null : values;
}

const factNames: Record<ValueType, { readonly blocked: FactName; readonly allowed: FactName }> = {
  ip_address: { blocked: 'lists.ip_blocked', allowed: 'lists.ip_allowed' },
  device_fingerprint: { blocked: 'lists.device_blocked', allowed: 'lists.device_allowed' },
  user: { blocked: 'lists.user_blocked', allowed: 'lists.user_allowed' },
  country: { blocked: 'lists.country_blocked', allowed: 'lists.country_allowed' },
  email: { blocked: 'lists.email_blocked', allowed: 'lists.email_allowed' },
  phone: { blocked: 'lists.phone_blocked', allowed: 'lists.phone_allowed' },
};

function factsOf(values: Values, hits: readonly Hit[], failed: boolean): Facts {
  const facts: Facts = new Map();
  for (const [type, normals] of values) {
    for (const [listType, name] of [
      ['blocklist', factNames[type].blocked],
      ['allowlist', factNames[type].allowed],
    ] as const) {
      const isOn = hits.some((hit) => hit.entryType === type && hit.listType === listType);
      // What barred the opening counts also where the visit has no such thing, or nobody could look.
      if (isOn) facts.set(name, true);
      else if (normals !== undefined) facts.set(name, normals && false);
    }
  }
  const isBlocked = hits.some(({ listType }) => listType === 'blocklist');
  if (isBlocked || !failed) facts.set('lists.is_blocked', isBlocked);
  const custom = hits.flatMap(({ listType, listId }) => (listType === 'custom' ? [listId] : []));
  facts.set('lists.custom', custom.length === 0 ? null : [...new Set(custom)].toSorted());
  return facts;
}

function isTold(hit: Hit): hit is ListFindings['hits'][number] {
  return hit.listType !== 'custom';
}
