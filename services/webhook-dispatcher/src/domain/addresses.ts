import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { embeddedIpv4, hasOpenLayout } from './addresses-embedded.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A range of addresses, read from CIDR notation. */
export type Network = readonly [Address, number];

/** Where webhooks may go. */
export interface AddressPolicy {
  /** Special networks that the operator has opened, such as loopback on a developer's machine. */
  readonly allowedNetworks: readonly Network[];
  readonly allowHttp: boolean;
}

/**
 * Where clouds hand out credentials, refused whatever is allowed. Link-local networks are here as a whole: nearly all
 * of these services live there, new ones appear, and no receiver of webhooks does. The others lie in networks that an
 * operator may open for good reasons, or look public.
 */
const metadataNetworks = readNetworks([
  '169.254.0.0/16', // AWS, Azure, Google Cloud, Oracle, DigitalOcean, OpenStack, Tencent, Scaleway; ECS and EKS credentials
  'fe80::/10', // OpenStack, Exoscale
  '168.63.129.16', // Azure host agent
  '100.100.100.200', // Alibaba Cloud
  '192.0.0.192', // Oracle Cloud, older
  'fd00:ec2::/32', // AWS: metadata, pod identity, resolver, time
  'fd20:ce::/32', // Google Cloud
  'fd00:c1::/32', // Oracle Cloud
  'fd00:42::/32', // Scaleway
  'fd00:a9fe:a9fe::/48', // Akamai
]);

const globalUnicastV6 = ipaddr.IPv6.parseCIDR('2000::/3');
const mappedV4 = ipaddr.IPv6.parseCIDR('::ffff:0:0/96');

/**
 * Reads networks in CIDR notation; a bare address is a network of one. IPv4 inside IPv6 (::ffff:0:0/96) is the IPv4
 * network.
 *
 * @throws Error naming the entry that cannot be read
 */
export function readNetworks(entries: readonly string[]): Network[] {
  return entries.map((entry) => {
    const network = readNetwork(entry);
    if (network === undefined) throw new Error(`"${entry}" is not a network such as 10.0.0.0/8 or ::1/128`);
    return network;
  });
}

/**
 * Whether webhooks may connect to an IP address: public unicast or inside an allowed network, and never a metadata
 * service. IPv4 inside IPv6 (::ffff:0:0/96) is judged as the IPv4 address that the system would connect to. Any other
 * IPv6 address that leads to an IPv4 address (NAT64, 6to4, Teredo, ...) is special and must be opened; what it leads to
 * must be permitted as well, so that opening a translator opens no private network behind it.
 */
export function isPermittedAddress(text: string, allowedNetworks: readonly Network[]): boolean {
  const address = readAddress(text);
  if (address === undefined) return false;
  const reached = address instanceof ipaddr.IPv6 ? [address, ...embeddedIpv4(address)] : [address];
  return reached.every(
    (each) =>
      !metadataNetworks.some((network) => contains(network, each)) &&
      (isPublic(each) || isAllowed(each, allowedNetworks)),
  );
}

function isPublic(address: Address): boolean {
  // ipaddr.js knows the special-purpose registries of IANA; addresses.test.ts has every entry of them.
  if (address.range() !== 'unicast') return false;
  // What the registry has not handed out yet is not public either.
  return address.kind() === 'ipv4' || contains(globalUnicastV6, address);
}

function isAllowed(address: Address, allowedNetworks: readonly Network[]): boolean {
  const minBits = address instanceof ipaddr.IPv6 && hasOpenLayout(address) ? 96 : 0;
  return allowedNetworks.some((network) => network[1] >= minBits && contains(network, address));
}

/** Only the plain spelling of an address: "10/8" would otherwise be 0.0.0.10/8, and "010.0.0.0" octal. */
function readNetwork(entry: string): Network | undefined {
  const [addressText = '', bitsText, ...rest] = entry.split('/');
  const family = isIP(addressText);
  if (family === 0 || addressText.includes('%') || rest.length > 0) return undefined;
  const maxBits = family === 4 ? 32 : 128;
  const bits = bitsText === undefined ? maxBits : /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : Infinity;
  if (bits > maxBits) return undefined;
  const address = ipaddr.parse(addressText);
  if (address instanceof ipaddr.IPv6 && bits >= 96 && address.match(mappedV4)) {
    return [address.toIPv4Address(), bits - 96];
  }
  return [address, bits];
}

function readAddress(text: string): Address | undefined {
  if (isIP(text) === 0) return undefined;
  // A zone (fe80::1%eth0) names an interface of this machine; it is not part of the address.
  return ipaddr.process(text.split('%', 1)[0] ?? '');
}

function contains([network, bits]: Network, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network as never, bits);
}
