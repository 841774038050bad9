import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Addresses that share their first bits; IPv4 as IPv6 carries it, so that both spellings are one. */
export interface IpRange {
  /** 16 bytes; those behind the prefix are 0. */
  readonly bytes: Uint8Array;
  /** 0..128 */
  readonly prefixLength: number;
}

const mappedBits = 96;
/** A wider range is a slip of the pen rather than a finding: it would decline, or speak for, whole continents. */
const widest = { ipv4: 8, ipv6: 16 } as const;

export const notARange = 'Enter an IPv4 or IPv6 address, or a range of them such as 203.0.113.0/24.';
export const tooWide = `A range may be no wider than /${widest.ipv4} in IPv4 and /${widest.ipv6} in IPv6.`;

/** Reads an address or a range; bits behind the prefix are cleared. @returns the mistake, for the caller */
export function readIpRange(text: string): IpRange | { readonly mistake: string } {
  const [address = '', length, more] = text.split('/');
  const bytes = addressBytes(address);
  if (bytes === null || more !== undefined) return { mistake: notARange };
  const offset = isIP(address) === 4 ? mappedBits : 0;
  const bits = length === undefined ? 128 : readLength(length, 128 - offset) + offset;
  if (Number.isNaN(bits)) return { mistake: notARange };
  const inIpv4 = bits >= mappedBits && isMapped(bytes);
  if (bits < (inIpv4 ? mappedBits + widest.ipv4 : widest.ipv6)) return { mistake: tooWide };
  return { bytes: masked(bytes, bits), prefixLength: bits };
}

/** Every range that an address can be listed under, the narrowest first; none for what is no address. */
export function rangesAround(address: string): IpRange[] {
  const bytes = addressBytes(address);
  if (bytes === null) return [];
  const shortest = isMapped(bytes) ? mappedBits + widest.ipv4 : widest.ipv6;
  const ranges: IpRange[] = [];
  for (let bits = 128; bits >= shortest; bits -= 1) {
    ranges.push({ bytes: masked(bytes, bits), prefixLength: bits });
  }
  return ranges;
}

/** One text for one range. */
export function rangeKey({ bytes, prefixLength }: IpRange): string {
  return `${Buffer.from(bytes).toString('hex')}/${prefixLength}`;
}

/** null for what is no address; a zone belongs to one machine alone, and is none here. */
function addressBytes(address: string): Uint8Array | null {
  if (isIP(address) === 0 || address.includes('%')) return null;
  const parsed = ipaddr.parse(address);
  const wide = parsed instanceof ipaddr.IPv4 ? parsed.toIPv4MappedAddress() : parsed;
  return Uint8Array.from(wide.toByteArray());
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

function readLength(text: string, max: number): number {
  const length = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  return length <= max ? length : Number.NaN;
}

function masked(bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * index));
    return byte & (0xff00 >> kept);
  });
}
