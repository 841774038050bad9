import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Address, formatAddress, readAddress } from '@selfsame/fraud-signals/addresses';
import { type Mmdb, openMmdb } from '@selfsame/fraud-signals/mmdb';
import { openNetwork } from '@selfsame/fraud-signals/network';
import { createLog } from '@selfsame/runtime/log';
import { Reader } from 'maxmind';
import { median } from '../percentiles.ts';

/** How fast addresses are looked up, beside the library that others use. */
export interface LookupComparison {
  /** A database, or all of them with all lists. */
  readonly what: string;
  /** Lookups a second, median of the rounds: the bare reader of the `maxmind` package, and ours. */
  readonly bare: number;
  readonly ours: number;
  /** ours over bare, median of the rounds: both sides of a round run one after the other. */
  readonly ratio: number;
}

const roundMs = 150;
/** Calls between two looks at the clock. */
const batch = 500;
const maxAddresses = 4_000;

/**
 * Measures lookups of addresses given as text, in one process. For each database: its record, by a reader without any cache, as
 * ours is then. For all at once: everything that the service says of an address (`look`: all databases and lists, facts and
 * view), beside the bare readers of the same databases, each asked once; the service keeps what it has made of some thousand
 * records, the bare readers keep nothing. Half of the addresses have a record.
 *
 * @param ipData directory whose `mmdb/` has databases and whose `lists/` has lists
 */
export async function measureLookups(ipData: string, rounds = 5): Promise<LookupComparison[]> {
  const directory = join(ipData, 'mmdb');
  const databases = readdirSync(directory).map((name) => {
    const bytes = readFileSync(join(directory, name));
    const mmdb = openMmdb(bytes);
    return { name, mmdb, reader: new Reader(bytes), addresses: withAsManyOthers(addressesOf(mmdb)) };
  });
  const compared = databases.map(({ name, mmdb, reader, addresses }) =>
    compare(
      name,
      addresses,
      (text) => reader.get(text),
      (text) => recordOf(mmdb, text),
      rounds,
    ),
  );
  const network = await openNetwork({ directory: ipData, log: createLog('bench', 'error') });
  try {
    const everywhere = databases.flatMap(({ addresses }) => addresses.slice(0, 400));
    const askAll = (text: string) => {
      for (const { reader } of databases) reader.get(text);
    };
    const all = compare('all databases and lists', everywhere, askAll, network.look, rounds);
    return [...compared, all];
  } finally {
    await network.close();
  }
}

function recordOf(mmdb: Mmdb, text: string): unknown {
  const address = readAddress(text);
  const found = address === null ? null : mmdb.find(address);
  return found === null ? null : mmdb.read(found.offset);
}

function compare(
  what: string,
  addresses: readonly string[],
  askBare: (text: string) => unknown,
  askOurs: (text: string) => unknown,
  rounds: number,
): LookupComparison {
  perSecond(addresses, askBare);
  perSecond(addresses, askOurs);
  const pairs = Array.from({ length: rounds }, () => ({
    bare: perSecond(addresses, askBare),
    ours: perSecond(addresses, askOurs),
  }));
  return {
    what,
    bare: Math.round(median(pairs.map(({ bare }) => bare))),
    ours: Math.round(median(pairs.map(({ ours }) => ours))),
    ratio: median(pairs.map(({ bare, ours }) => ours / bare)),
  };
}

function perSecond(addresses: readonly string[], ask: (text: string) => unknown): number {
  const start = performance.now();
  let calls = 0;
  let elapsedMs = 0;
  while (elapsedMs < roundMs) {
    for (let end = calls + batch; calls < end; calls += 1) ask(addresses[calls % addresses.length] ?? '');
    elapsedMs = performance.now() - start;
  }
  return (calls / elapsedMs) * 1_000;
}

/** The first address of networks that have a record; of those at ::/96 in IPv4. */
function addressesOf(mmdb: Mmdb): string[] {
  const found: string[] = [];
  const open = [{ node: 0, bits: [] as number[] }];
  for (let next = open.pop(); next !== undefined && found.length < maxAddresses; next = open.pop()) {
    for (const side of [0, 1] as const) {
      const bits = [...next.bits, side];
      const branch = mmdb.branch(next.node, side);
      if (branch === null) continue;
      if ('node' in branch) open.push({ node: branch.node, bits });
      else found.push(formatAddress(addressOf(bits)));
    }
  }
  return found;
}

function addressOf(bits: readonly number[]): Address {
  const word = (at: number) =>
    Array.from({ length: 32 }, (_, bit) => bits[at * 32 + bit] ?? 0).reduce((all, bit) => all * 2 + bit, 0);
  const [a, b, c, d] = [word(0), word(1), word(2), word(3)];
  return { version: a === 0 && b === 0 && c === 0 ? 4 : 6, a, b, c, d };
}

/** In turn one of them and one from anywhere, the same in every run. */
function withAsManyOthers(addresses: readonly string[]): string[] {
  let seed = 1;
  const octet = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % 256;
  };
  return addresses.flatMap((address) => [address, [octet(), octet(), octet(), octet()].join('.')]);
}
