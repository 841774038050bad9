/**
 * An IP address as four words of 32 bits, the first ones first; an IPv4 address is the last word alone. IPv4 inside IPv6
 * (::ffff:0:0/96) is the IPv4 address that the system talks to.
 */
export interface Address {
  readonly version: 4 | 6;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

/** A network: its first and its last address. */
export interface Network {
  readonly first: Address;
  readonly last: Address;
}

const dot = 46;
const zero = 48;
const nine = 57;
const colon = 58;
const maxLength = 45;

/** Reads the plain spelling of an address, without port or brackets; a zone (%eth0) is left off. null: it is none. */
export function readAddress(text: string): Address | null {
  const zone = text.indexOf('%');
  const plain = zone === -1 ? text : text.slice(0, zone);
  if (plain.length > maxLength) return null;
  if (!plain.includes(':')) {
    if (zone !== -1) return null;
    const value = readIpv4(plain, 0);
    return value === -1 ? null : ipv4(value);
  }
  return readIpv6(plain);
}

/** The address whose 32 bits are this number. */
export function ipv4(value: number): Address {
  return { version: 4, a: 0, b: 0, c: 0, d: value };
}

/**
 * Reads a network such as 10.0.0.0/8; a bare address is a network of one. null: it is none, or the address has bits beyond
 * its prefix, as a line has that was cut off.
 */
export function readNetwork(text: string): Network | null {
  const slash = text.indexOf('/');
  const first = readAddress(slash === -1 ? text : text.slice(0, slash));
  if (first === null) return null;
  if (slash === -1) return { first, last: first };
  const digits = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(digits)) return null;
  // IPv4 inside IPv6 counts its prefix in IPv6.
  const bits = Number(digits) - (first.version === 4 && text.includes(':') ? 96 : 0);
  if (bits < 0 || bits > (first.version === 4 ? 32 : 128)) return null;
  const network = networkOf(first, bits);
  return compareAddresses(network.first, first) === 0 ? network : null;
}

/** The network of so many bits that an address lies in. */
export function networkOf(address: Address, bits: number): Network {
  const { version } = address;
  const skipped = version === 4 ? 96 : 0;
  const hosts = [0, 32, 64, 96].map((start) => hostMask(bits + skipped - start));
  const [a = 0, b = 0, c = 0, d = 0] = hosts;
  const first = {
    version,
    a: (address.a & ~a) >>> 0,
    b: (address.b & ~b) >>> 0,
    c: (address.c & ~c) >>> 0,
    d: (address.d & ~d) >>> 0,
  };
  if (version === 4) return { first, last: ipv4((address.d | d) >>> 0) };
  const last = { a: address.a | a, b: address.b | b, c: address.c | c, d: address.d | d };
  return { first, last: { version, a: last.a >>> 0, b: last.b >>> 0, c: last.c >>> 0, d: last.d >>> 0 } };
}

/** Below 0 when the first lies before the second, 0 when they are the same. Of one version. */
export function compareAddresses(one: Address, other: Address): number {
  return one.a - other.a || one.b - other.b || one.c - other.c || one.d - other.d;
}

/** The shortest spelling (RFC 5952), in lower case. */
export function formatAddress({ version, a, b, c, d }: Address): string {
  if (version === 4) return [d >>> 24, (d >>> 16) & 255, (d >>> 8) & 255, d & 255].join('.');
  const groups = [a, b, c, d].flatMap((word) => [word >>> 16, word & 0xffff]);
  const gap = longestZeros(groups);
  const spell = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (gap.length < 2) return spell(groups);
  return `${spell(groups.slice(0, gap.start))}::${spell(groups.slice(gap.start + gap.length))}`;
}

/** Ones where a word belongs to the host, when the prefix covers this many of its bits or those before it. */
function hostMask(covered: number): number {
  if (covered <= 0) return 0xffffffff;
  return covered >= 32 ? 0 : 0xffffffff >>> covered;
}

/** From an offset to the end; -1: it is none. Octal and shortened spellings are none. */
function readIpv4(text: string, from: number): number {
  let value = 0;
  let octets = 0;
  let at = from;
  while (at < text.length) {
    const start = at;
    let octet = 0;
    for (; at < text.length && at - start < 3; at++) {
      const code = text.charCodeAt(at);
      if (code < zero || code > nine) break;
      octet = octet * 10 + code - zero;
    }
    if (at === start || octet > 255 || (at - start > 1 && text.charCodeAt(start) === zero)) return -1;
    value = value * 256 + octet;
    octets += 1;
    if (at === text.length) return octets === 4 ? value : -1;
    if (octets === 4 || text.charCodeAt(at) !== dot) return -1;
    at += 1;
  }
  return -1;
}

function readIpv6(text: string): Address | null {
  const groups: number[] = [];
  let gapAt = -1;
  let at = 0;
  if (text.charCodeAt(0) === colon) {
    if (text.charCodeAt(1) !== colon) return null;
    gapAt = 0;
    at = 2;
  }
  while (at < text.length) {
    if (groups.length === 8) return null;
    const start = at;
    let group = 0;
    for (; at < text.length && at - start < 5; at++) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit === -1) break;
      group = group * 16 + digit;
    }
    const next = at < text.length ? text.charCodeAt(at) : -1;
    if (next === dot) {
      const tail = readIpv4(text, start);
      if (tail === -1) return null;
      groups.push(tail >>> 16, tail & 0xffff);
      break;
    }
    if (at === start || at - start > 4 || (next !== colon && next !== -1)) return null;
    groups.push(group);
    if (next === -1) break;
    at += 1;
    if (at === text.length) return null;
    if (text.charCodeAt(at) !== colon) continue;
    if (gapAt !== -1) return null;
    gapAt = groups.length;
    at += 1;
  }
  return fromGroups(groups, gapAt);
}

function fromGroups(groups: number[], gapAt: number): Address | null {
  if (gapAt === -1 ? groups.length !== 8 : groups.length > 7) return null;
  if (gapAt !== -1) groups.splice(gapAt, 0, ...new Array<number>(8 - groups.length).fill(0));
  const word = (at: number) => (groups[at] ?? 0) * 0x10000 + (groups[at + 1] ?? 0);
  const [a, b, c, d] = [word(0), word(2), word(4), word(6)];
  if (a === 0 && b === 0 && c === 0xffff) return ipv4(d);
  return { version: 6, a, b, c, d };
}

function hexDigit(code: number): number {
  if (code >= zero && code <= nine) return code - zero;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** The first of the longest runs of zeros. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, at) => {
    if (group !== 0) start = at + 1;
    else if (at + 1 - start > best.length) best = { start, length: at + 1 - start };
  });
  return best;
}
