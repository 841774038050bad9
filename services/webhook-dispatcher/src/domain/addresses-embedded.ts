import ipaddr from 'ipaddr.js';

/** Prefixes behind which an IPv6 address holds IPv4 addresses, and how to read them from its eight 16-bit parts. */
const forms: readonly { network: [ipaddr.IPv6, number]; read: (parts: number[]) => ipaddr.IPv4[] }[] = [
  { network: prefix('::/96'), read: (parts) => [lastOf(parts)] }, // IPv4-compatible, RFC 4291
  { network: prefix('::ffff:0:0/96'), read: (parts) => [lastOf(parts)] }, // IPv4-mapped, RFC 4291
  { network: prefix('::ffff:0:0:0/96'), read: (parts) => [lastOf(parts)] }, // IPv4-translated, RFC 2765
  { network: prefix('64:ff9b::/96'), read: (parts) => [lastOf(parts)] }, // NAT64, RFC 6052
  { network: prefix('64:ff9b:1::/48'), read: (parts) => [lastOf(parts)] }, // NAT64 of one network, RFC 8215
  { network: prefix('2002::/16'), read: (parts) => [fromParts(parts[1], parts[2])] }, // 6to4, RFC 3056
  {
    network: prefix('2001::/32'), // Teredo, RFC 4380: the server, and the client with its bits turned over
    read: (parts) => [
      fromParts(parts[2], parts[3]),
      fromParts((parts[6] ?? 0) ^ 0xffff, (parts[7] ?? 0) ^ 0xffff),
    ],
  },
];

/** Where NAT64 has no fixed prefix length (RFC 8215), so that the place of the IPv4 address is known to its owner only. */
const localNat64 = prefix('64:ff9b:1::/48');
const unspecifiedAndLoopback = prefix('::/127');

/** The IPv4 addresses that an IPv6 address is translated or tunnelled to; none for a native one. */
export function embeddedIpv4(address: ipaddr.IPv6): ipaddr.IPv4[] {
  const { parts } = address;
  if (address.match(unspecifiedAndLoopback)) return [];
  const found = forms.flatMap(({ network, read }) => (address.match(network) ? read(parts) : []));
  // ISATAP, RFC 5214: any prefix, marked in the lower half.
  if ((parts[4] === 0 || parts[4] === 0x200) && parts[5] === 0x5efe) found.push(lastOf(parts));
  return found;
}

/** Whether only a network of /96 or longer says where in the address the IPv4 address stands. */
export function hasOpenLayout(address: ipaddr.IPv6): boolean {
  return address.match(localNat64);
}

function prefix(text: string): [ipaddr.IPv6, number] {
  return ipaddr.IPv6.parseCIDR(text);
}

function lastOf(parts: number[]): ipaddr.IPv4 {
  return fromParts(parts[6], parts[7]);
}

function fromParts(high = 0, low = 0): ipaddr.IPv4 {
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}
