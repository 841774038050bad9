import { type AddressRanges, createRangesBuilder } from '../../domain/address-ranges.ts';
import { type Address, formatAddress, readAddress, readNetwork } from '../../domain/addresses.ts';
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
  const ranges = createRangesBuilder();
  const take = (line: string) => {
    const network = readNetwork(line);
    if (network !== null) ranges.add(network);
    return network !== null;
  };
  const lines = await readListLines(file.bytes, { maxEntries: maxNetworks, signal, take });
  return listSource(file, lines, ranges.build(), () => file.writtenAt.getTime());
}

/** Either an address a line, or the exporter's format, of which these lines count: ExitAddress 192.0.2.1 2025-01-31 12:00:00 */
async function openExits(file: ListFile, signal: AbortSignal): Promise<ListSource> {
  const writtenAt = file.writtenAt.getTime();
  const ranges = createRangesBuilder();
  const seen = new Map<string, number>();
  const take = (line: string) => {
    if (/^(ExitNode|Published|LastStatus) /.test(line)) return null;
    const [, stated = line, time] = /^ExitAddress (\S+) (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)$/.exec(line) ?? [];
    const address = readAddress(stated);
    const seenAt = time === undefined ? writtenAt : Date.parse(`${time.replace(' ', 'T')}Z`);
    if (address === null || Number.isNaN(seenAt)) return false;
    const name = formatAddress(address);
    ranges.add({ first: address, last: address });
    seen.set(name, Math.max(seenAt, seen.get(name) ?? seenAt));
    return true;
  };
  const lines = await readListLines(file.bytes, { maxEntries: maxExits, signal, take });
  return listSource(file, lines, ranges.build(), (address) => seen.get(formatAddress(address)) ?? writtenAt);
}

function listSource(
  { name, fact, writtenAt }: ListFile,
  { entries, badLines, badLineCount }: ReadLines,
  ranges: AddressRanges,
  seenAt: (address: Address) => number,
): ListSource {
  return {
    type: 'list',
    name,
    fact,
    builtAt: writtenAt,
    versions: ([4, 6] as const).filter((version) => ranges.counts[version === 4 ? 'v4' : 'v6'] > 0),
    entries,
    badLines,
    badLineCount,
    contains: ranges.contains,
    seenAt,
  };
}
