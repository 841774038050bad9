import { type Address, networkOf, readAddress } from '../addresses.ts';

/** Addresses that share their first bits. IPv4 that IPv6 carries is IPv4, so that both spellings are one. */
export interface IpRange {
  readonly first: Address;
  readonly bits: number;
}

/** A wider range is a slip of the pen rather than a finding: it would decline, or speak for, whole continents. */
const widest = { 4: 8, 6: 16 } as const;
const longest = { 4: 32, 6: 128 } as const;
/** How much of an address that IPv6 carries is the same for all of IPv4. */
const mappedBits = 96;

export const notARange = 'Enter an IPv4 or IPv6 address, or a range of them such as 203.0.113.0/24.';
export const tooWide = `A range may be no wider than /${widest[4]} in IPv4 and /${widest[6]} in IPv6.`;

/** Reads an address or a range; bits behind the prefix are cleared. @returns the mistake, for the caller */
export function readIpRange(text: string): IpRange | { readonly mistake: string } {
  const [spelling = '', length, more] = text.split('/');
  const address = readPlain(spelling);
  if (address === null || more !== undefined) return { mistake: notARange };
  const carried = address.version === 4 && spelling.includes(':') ? mappedBits : 0;
  const most = longest[address.version];
  const bits = length === undefined ? most : readLength(length) - carried;
  if (!(bits <= most)) return { mistake: notARange };
  return bits < widest[address.version] ? { mistake: tooWide } : rangeOf(address, bits);
}

/** Every range that an address can be listed under, the narrowest first; none for what is no address. */
export function rangesAround(text: string): IpRange[] {
  const address = readPlain(text);
  if (address === null) return [];
  const ranges: IpRange[] = [];
  for (let bits: number = longest[address.version]; bits >= widest[address.version]; bits -= 1) {
    ranges.push(rangeOf(address, bits));
  }
  return ranges;
}

/** One text for one range. */
export function rangeKey({ first: { version, a, b, c, d }, bits }: IpRange): string {
  return `${version} ${a} ${b} ${c} ${d} ${bits}`;
}

/** An address with a zone belongs to one machine alone, and is none here. */
function readPlain(text: string): Address | null {
  return text.includes('%') ? null : readAddress(text);
}

function rangeOf(address: Address, bits: number): IpRange {
  return { first: networkOf(address, bits).first, bits };
}

function readLength(text: string): number {
  return /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
}
