import { Failure } from '@selfsame/runtime/errors';
import type { FactValue } from '../../domain/facts.ts';
import { openMmdb } from './mmdb.ts';
import { checkMmdb } from './mmdb-check.ts';
import { type NetworkFact, type RecordFacts, readRecordFacts } from './record-facts.ts';
import { type Area, areas, type DatabaseSource } from './source.ts';

/** Records whose facts are kept: the same networks come again and again. About 2 KiB each. */
const maxKept = 4_096;

/** Databases of who hides: whoever they do not have does not hide. */
const reputationFlags: readonly NetworkFact[] = [
  'net.is_hosting',
  'net.is_anonymous_vpn',
  'net.is_public_proxy',
  'net.is_residential_proxy',
  'net.is_tor_exit',
];
const falseWhenAbsent: readonly NetworkFact[] = [
  ...reputationFlags,
  'net.is_relay',
  'net.is_enterprise_gateway',
  'net.is_anycast',
];
const byArea: Readonly<Record<Area, readonly NetworkFact[]>> = {
  location: ['net.country_code'],
  asn: ['net.asn', 'net.isp', 'net.connection_type'],
  reputation: ['net.is_anonymous_vpn', 'net.is_residential_proxy', 'net.is_relay', 'net.risk_score'],
};

/**
 * Opens a database of any of the known layouts. What it can say is found out from its records, since vendors leave out
 * columns in their smaller editions: what no record has could not be looked for in it.
 *
 * @param name of the file @throws Failure `mmdb_marker`, `mmdb_metadata`, `mmdb_tree`, `mmdb_data`; `kind_unknown` when its
 * records have nothing that we know
 */
export async function openDatabaseSource(
  name: string,
  bytes: Buffer,
  signal: AbortSignal,
): Promise<DatabaseSource> {
  const mmdb = openMmdb(bytes);
  const { databaseType, builtAt, ipVersion } = mmdb.metadata;
  // Being in such a database is what it says.
  const isResidentialProxies = /residential.?proxy|resproxy/i.test(databaseType);
  const read = (offset: number): RecordFacts => {
    const record = readRecordFacts(mmdb.read(offset));
    if (!isResidentialProxies) return record;
    return { ...record, facts: new Map([...record.facts, ['net.is_residential_proxy', true]]) };
  };

  const seen = new Set<NetworkFact>();
  await checkMmdb(mmdb, signal, (offset) => {
    const { facts, lastSeenAt } = read(offset);
    for (const fact of facts.keys()) seen.add(fact);
    if (lastSeenAt !== null) seen.add('net.proxy_last_seen_days');
  });
  const provides = providedBy(seen, /anonym/i.test(databaseType));
  if (provides.size === 0) {
    throw new Failure('invalid', 'kind_unknown', `A database of type ${databaseType} is of no use here`);
  }

  const kept = new Map<number, RecordFacts>();
  return {
    type: 'database',
    name,
    databaseType,
    builtAt,
    provides,
    areas: areas.filter((area) => byArea[area].some((fact) => seen.has(fact))),
    versions: ipVersion === 4 ? [4] : [4, 6],
    rank: rankOf(databaseType, seen),
    look(address) {
      const found = mmdb.find(address);
      if (found === null) return null;
      let record = kept.get(found.offset);
      if (record === undefined) {
        record = read(found.offset);
        if (kept.size >= maxKept) kept.clear();
        kept.set(found.offset, record);
      }
      return { ...record, prefixLength: found.prefixLength };
    },
  };
}

function providedBy(seen: Set<NetworkFact>, isAnonymous: boolean): Map<NetworkFact, FactValue | null> {
  // Flags are left out where they are false, so that a small edition may not show all of them.
  if (isAnonymous || seen.has('net.is_anonymous_vpn')) for (const fact of reputationFlags) seen.add(fact);
  return new Map([...seen].map((fact) => [fact, falseWhenAbsent.includes(fact) ? false : null]));
}

/** What knows more is asked first, what is free of charge after what is not. */
function rankOf(databaseType: string, seen: ReadonlySet<NetworkFact>): number {
  const breadth = /enterprise/i.test(databaseType)
    ? 0
    : seen.has('net.city') || !seen.has('net.country_code')
      ? 1
      : 2;
  return breadth * 2 + (/lite/i.test(databaseType) ? 1 : 0);
}
