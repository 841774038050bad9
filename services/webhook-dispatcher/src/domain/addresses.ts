import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

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
 * Addresses at which clouds hand out credentials. Some lie in networks that an operator may open for good reasons, so
 * they are refused whatever the configuration.
 */
const metadataAddresses = [
  '169.254.169.254', // AWS, Azure, Google Cloud, Oracle, DigitalOcean, OpenStack
  '169.254.169.123', // AWS time service, same gateway
  '169.254.169.253', // AWS resolver, same gateway
  '169.254.170.2', // AWS container credentials
  '169.254.170.23', // AWS pod identity
  '168.63.129.16', // Azure host agent
  '100.100.100.200', // Alibaba Cloud
  '192.0.0.192', // Oracle Cloud, older
  'fd00:ec2::254', // AWS
  'fd00:ec2::23', // AWS pod identity
  'fd20:ce::254', // Google Cloud
  'fe80::a9fe:a9fe', // OpenStack, Scaleway
].map((text) => ipaddr.parse(text).toNormalizedString());

const metadataSet: ReadonlySet<string> = new Set(metadataAddresses);
const globalUnicastV6 = ipaddr.parseCIDR('2000::/3');

/**
 * Reads networks in CIDR notation; a bare address is a network of one.
 *
 * @throws Error naming the entry that cannot be read
 */
export function readNetworks(entries: readonly string[]): Network[] {
  return entries.map((entry) => {
    try {
      if (entry.includes('/')) return ipaddr.parseCIDR(entry);
      const address = ipaddr.parse(entry);
      return [address, address.kind() === 'ipv4' ? 32 : 128];
    } catch {
      throw new Error(`"${entry}" is not a network such as 10.0.0.0/8 or ::1/128`);
    }
  });
}

/**
 * Whether webhooks may connect to an IP address: public unicast, or inside an allowed network, and never a metadata
 * service. IPv4 inside IPv6 (::ffff:0:0/96) is judged as the IPv4 address that the system would connect to.
 */
export function isPermittedAddress(text: string, allowedNetworks: readonly Network[]): boolean {
  const address = readAddress(text);
  if (address === undefined || metadataSet.has(address.toNormalizedString())) return false;
  if (allowedNetworks.some((network) => contains(network, address))) return true;
  if (address.range() !== 'unicast') return false;
  // What the registry has not handed out yet is not public either.
  return address.kind() === 'ipv4' || contains(globalUnicastV6, address);
}

function readAddress(text: string): Address | undefined {
  if (isIP(text) === 0) return undefined;
  // A zone (fe80::1%eth0) names an interface of this machine; it is not part of the address.
  return ipaddr.process(text.split('%', 1)[0] ?? '');
}

function contains([network, bits]: Network, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network as never, bits);
}
