import { addressRanges } from './address-ranges.ts';
import { type Address, readNetwork } from './addresses.ts';

/**
 * Networks that nobody on the internet comes from: IANA's registries of special-purpose addresses as far as they are not
 * globally reachable, with multicast and what is reserved. Of IPv6 only 2000::/3 and the prefixes of translators are handed
 * out, so everything else is listed by what lies around them.
 */
const networks = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // shared between a carrier and its customers
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays, given up
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
  '::/3', // unspecified, loopback, IPv4-compatible, discard-only; but for the translators below
  '2001:2::/48', // benchmarks
  '2001:10::/28', // ORCHID
  '2001:db8::/32', // documentation
  '3fff::/20', // documentation
  '4000::/2', // not handed out
  '8000::/1', // not handed out, unique local, link-local, multicast
];

/** Translators: who comes from there is somebody on the internet. */
const translators = ['64:ff9b::/96'];

const special = addressRanges(networks.map(known));
const reachable = addressRanges(translators.map(known));

/** Whether an address is private, shared, reserved or otherwise none that anybody on the internet has. */
export function isSpecialAddress(address: Address): boolean {
  return special.contains(address) && !reachable.contains(address);
}

function known(text: string) {
  const network = readNetwork(text);
  if (network === null) throw new Error(`${text} is no network`);
  return network;
}
