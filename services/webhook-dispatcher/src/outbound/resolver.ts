import { lookup, Resolver as NameServers } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** All addresses of a name. */
export type Resolve = (hostname: string) => Promise<{ address: string; family: number }[]>;

/** Looks up names without the system's few lookup threads, so that name servers of one receiver delay nobody else. */
export interface Resolver {
  /** @throws Error with a code: `ENOTFOUND`, `dns_timeout`, `ESERVFAIL`, `too_many_lookups`, ... */
  readonly resolve: Resolve;
  /** Ends what is under way with an error. */
  close(): void;
}

type Addresses = Awaited<ReturnType<Resolve>>;
/** The answer for one family, or why there is none. */
type FamilyAnswer = { readonly addresses: Addresses } | { readonly code: string };

/** How long IPv6 is waited for when IPv4 is there, and the other way round (RFC 8305 calls it the resolution delay). */
const otherFamilyMs = 50;
/** An answer serves the connections that open in the same moment; afterwards the name servers are asked again. */
const holdMs = 1_000;
/** The system's lookup has four threads for the whole process; half of them may hang here. */
const maxSystemLookups = 2;
/** The name does not exist, or no name server runs: the system may know it from elsewhere. */
const unknownCodes: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'ECONNREFUSED']);

/**
 * A resolver that asks the name servers itself (c-ares), for A and AAAA at once. A name that they do not know is looked up
 * by the system, which knows /etc/hosts and search domains; one whose name servers are silent is not.
 *
 * @param options.timeoutMs for one lookup in all
 * @param options.servers replaces the system's name servers, `address:port`
 * @param options.maxLookups at once; further ones wait for a place, as many again and no more
 */
export function createResolver(options: {
  timeoutMs: number;
  servers?: readonly string[];
  maxLookups?: number;
}): Resolver {
  const { timeoutMs, servers, maxLookups = 512 } = options;
  // Two tries, the second twice as long, end before the lookup does.
  const nameServers = new NameServers({ timeout: Math.max(50, Math.round(timeoutMs / 4)), tries: 2 });
  if (servers) nameServers.setServers(servers);
  const inPlace = createPlaces(maxLookups);
  const inSystemPlace = createPlaces(maxSystemLookups, maxLookups);
  const underWay = new Map<string, Promise<Addresses>>();

  async function look(name: string, signal: AbortSignal): Promise<Addresses> {
    const answers = await inPlace(() => askNameServers(nameServers, name), signal);
    const addresses = answers.flatMap((answer) => ('addresses' in answer ? answer.addresses : []));
    if (addresses.length > 0) return addresses;
    const codes = answers.map((answer) => ('code' in answer ? answer.code : 'ENODATA'));
    const failure = codes.find((code) => !unknownCodes.has(code));
    if (failure !== undefined) throw lookupError(failure === 'ETIMEOUT' ? 'dns_timeout' : failure);
    return inSystemPlace(() => lookup(name, { all: true, order: 'ipv4first' }), signal);
  }

  async function lookWithinTime(name: string): Promise<Addresses> {
    const ending = new AbortController();
    const tooLate = sleep(timeoutMs, undefined, { signal: ending.signal, ref: false }).then(() => {
      throw lookupError('dns_timeout');
    });
    try {
      return await Promise.race([look(name, ending.signal), tooLate]);
    } finally {
      ending.abort();
      tooLate.catch(() => {}); // its end is the abort above
    }
  }

  return {
    resolve(name) {
      if (isLocalhost(name)) return Promise.resolve(loopback);
      const present = underWay.get(name);
      if (present) return present;
      const answer = lookWithinTime(name);
      underWay.set(name, answer);
      const forget = () => underWay.delete(name);
      answer.then(() => setTimeout(forget, holdMs).unref(), forget);
      return answer;
    },
    close: () => nameServers.cancel(),
  };
}

const loopback: Addresses = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** RFC 6761: these names are this machine and are asked of nobody. */
function isLocalhost(name: string): boolean {
  return /(?:^|\.)localhost\.?$/i.test(name);
}

/** IPv4 first: where both are promised, it is the one that works. */
async function askNameServers(nameServers: NameServers, name: string): Promise<FamilyAnswer[]> {
  const ipv4 = ask(nameServers.resolve4(name), 4);
  const ipv6 = ask(nameServers.resolve6(name), 6);
  const both = Promise.all([ipv4, ipv6]);
  const first = await Promise.race([ipv4, ipv6]);
  if (!('addresses' in first)) return both;
  return Promise.race([both, sleep(otherFamilyMs, [first], { ref: false })]);
}

async function ask(answer: Promise<string[]>, family: number): Promise<FamilyAnswer> {
  try {
    return { addresses: (await answer).map((address) => ({ address, family })) };
  } catch (error) {
    return { code: error instanceof Error && 'code' in error ? String(error.code) : 'unknown' };
  }
}

/** So many at once, so many waiting for a place; who waits leaves when its time is over. */
function createPlaces(places: number, maxWaiting = places) {
  let free = places;
  const waiting = new Set<() => void>();

  function leave(): void {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else {
      waiting.delete(next);
      next();
    }
  }

  return async <T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    if (signal.aborted) throw lookupError('dns_timeout');
    if (free > 0) free -= 1;
    else {
      if (waiting.size >= maxWaiting) throw lookupError('too_many_lookups');
      await new Promise<void>((enter, reject) => {
        waiting.add(enter);
        signal.addEventListener('abort', () => {
          if (waiting.delete(enter)) reject(lookupError('dns_timeout'));
        });
      });
    }
    try {
      return await run();
    } finally {
      leave();
    }
  };
}

function lookupError(code: string): Error {
  return Object.assign(new Error('the name could not be looked up'), { code });
}
