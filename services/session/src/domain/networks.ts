import { createHash } from 'node:crypto';
import { isIP } from 'node:net';

/**
 * What counts as one network: an IPv4 address, or the /64 that an IPv6 user owns, however it is written.
 * @returns null when this is no address
 */
function networkOf(address: string): string | null {
  const family = isIP(address);
  if (family !== 6) return family === 4 ? address : null;
  const groups = groupsOf(address);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!isMapped) {
    const prefix = groups.slice(0, 4).map((group) => group.toString(16));
    return prefix.join(':');
  }
  const bytes = groups.slice(6).flatMap((group) => [group >> 8, group & 0xff]);
  return bytes.join('.');
}

/** Whether two addresses are of one network. What is no address is of none. */
export function isSameNetwork(one: string, other: string): boolean {
  const network = networkOf(one);
  return network !== null && network === networkOf(other);
}

/** Names a network as capture names it with a look, so that a lock on one holds for the other; empty: no address. */
export function networkDigest(address: string): Buffer {
  const network = networkOf(address);
  return network === null ? Buffer.alloc(0) : createHash('sha256').update(`network ${network}`).digest();
}

/** The eight groups of an IPv6 address, whatever its writer left out. */
function groupsOf(address: string): number[] {
  const [plain = ''] = address.split('%');
  const hex = plain.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = [], tail = []] = hex
    .split('::')
    .map((part) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))));
  const zeros = new Array<number>(Math.max(0, 8 - head.length - tail.length)).fill(0);
  return [...head, ...zeros, ...tail];
}
