/** A budget for each of many keys. */
export interface RateLimit {
  /** Takes one from the key's budget. @returns 0, or the seconds until there is one again */
  take(key: string, nowMs: number): number;
  /** The seconds until the key has something left, without taking it. */
  wait(key: string, nowMs: number): number;
}

/**
 * A bucket per key: `burst` at once, refilled at `perMinute`. Holds at most `maxKeys` keys; the longest unused is
 * forgotten first, which gives it a full budget again.
 */
export function createRateLimit(options: { perMinute: number; burst: number; maxKeys?: number }): RateLimit {
  const { perMinute, burst, maxKeys = 50_000 } = options;
  const perMs = perMinute / 60_000;
  const buckets = new Map<string, { left: number; atMs: number }>();

  const leftOf = (key: string, nowMs: number): number => {
    const bucket = buckets.get(key);
    return bucket === undefined ? burst : Math.min(burst, bucket.left + (nowMs - bucket.atMs) * perMs);
  };
  const secondsUntilOne = (left: number): number =>
    left >= 1 ? 0 : Math.max(1, Math.ceil((1 - left) / perMs / 1_000));

  return {
    take(key, nowMs) {
      const left = leftOf(key, nowMs);
      const seconds = secondsUntilOne(left);
      // Set anew, so that the order of the map is the order of use.
      buckets.delete(key);
      buckets.set(key, { left: seconds === 0 ? left - 1 : left, atMs: nowMs });
      if (buckets.size > maxKeys) buckets.delete(buckets.keys().next().value ?? '');
      return seconds;
    },
    wait: (key, nowMs) => secondsUntilOne(leftOf(key, nowMs)),
  };
}

/** What counts as one client: an IPv4 address, or the /64 that an IPv6 user owns, however it is written. */
export function clientOf(address: string): string {
  if (!address.includes(':')) return address;
  const groups = groupsOf(address);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!isMapped)
    return groups
      .slice(0, 4)
      .map((group) => group.toString(16))
      .join(':');
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
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
