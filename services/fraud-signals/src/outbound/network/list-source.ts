import { addressRanges } from '../../domain/address-ranges.ts';
import {
  type Address,
  formatAddress,
  type Network,
  readAddress,
  readNetwork,
} from '../../domain/addresses.ts';
import { type ReadLines, readListLines } from './list-lines.ts';
import type { NetworkFact } from './record-facts.ts';
import type { ListSource } from './source.ts';

/** Networks in a list: the largest public ones have 50 000. */
const maxNetworks = 500_000;
/** There are about 2 000 exits. */
const maxExits = 100_000;

/** Lists by the first word of their name: vpn-ipv4.txt. */
const listFacts: Readonly<Record<string, NetworkFact>> = {
  vpn: 'net.is_anonymous_vpn',
  datacenter: 'net.is_hosting',
  proxy: 'net.is_public_proxy',
  relay: 'net.is_relay',
  mobile: 'net.is_mobile_carrier',
  gateway: 'net.is_enterprise_gateway',
};

/** What a list of this name says of its addresses; null: it is no list of ours. */
export function listFactOf(fileName: string): NetworkFact | null {
  if (/^tor-exit[\w.-]*\.txt$/.test(fileName)) return 'net.is_tor_exit';
  const word = /^([a-z]+)-[\w.-]+\.txt$/.exec(fileName)?.[1] ?? '';
  return Object.hasOwn(listFacts, word) ? (listFacts[word] ?? null) : null;
}

/** A list as a file: its name below the directory, when it was written, and what is in it. */
interface ListFile {
  readonly name: string;
  readonly fact: NetworkFact;
  readonly writtenAt: Date;
  readonly bytes: Buffer;
}

/**
 * Opens a list of networks and addresses, or of Tor exits.
 *
 * @throws Failure `list_empty`, `list_too_long`, `list_unreadable`
 */
export async function openListSource(file: ListFile, signal: AbortSignal): Promise<ListSource> {
  return file.fact === 'net.is_tor_exit' ? openExits(file, signal) : openNetworks(file, signal);
}

async function openNetworks(file: ListFile, signal: AbortSignal): Promise<ListSource> {
  const lines = await readListLines(file.bytes, { maxEntries: maxNetworks, signal, readEntry: readNetwork });
  return listSource(file, lines, lines.entries, () => file.writtenAt.getTime());
}

/** Either an address a line, or the exporter's format, of which these lines count: ExitAddress 192.0.2.1 2025-01-31 12:00:00 */
async function openExits(file: ListFile, signal: AbortSignal): Promise<ListSource> {
  const writtenAt = file.writtenAt.getTime();
  const readEntry = (line: string) => {
    if (/^(ExitNode|Published|LastStatus) /.test(line)) return undefined;
    const [, stated = line, time] = /^ExitAddress (\S+) (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)$/.exec(line) ?? [];
    const address = readAddress(stated);
    const seenAt = time === undefined ? writtenAt : Date.parse(`${time.replace(' ', 'T')}Z`);
    return address === null || Number.isNaN(seenAt) ? null : { address, seenAt };
  };
  const lines = await readListLines(file.bytes, { maxEntries: maxExits, signal, readEntry });
  const seen = new Map<string, number>();
  for (const { address, seenAt } of lines.entries) {
    const name = formatAddress(address);
    seen.set(name, Math.max(seenAt, seen.get(name) ?? seenAt));
  }
  const networks = lines.entries.map(({ address }) => ({ first: address, last: address }));
  return listSource(file, lines, networks, (address) => seen.get(formatAddress(address)) ?? writtenAt);
}

function listSource(
  { name, fact, writtenAt }: ListFile,
  { entries, badLines, badLineCount }: ReadLines<unknown>,
  networks: readonly Network[],
  seenAt: (address: Address) => number,
): ListSource {
  const ranges = addressRanges(networks);
  return {
    type: 'list',
    name,
    fact,
    builtAt: writtenAt,
    versions: ([4, 6] as const).filter((version) => ranges.counts[version === 4 ? 'v4' : 'v6'] > 0),
    entries: entries.length,
    badLines,
    badLineCount,
    contains: ranges.contains,
    seenAt,
  };
}
