import { createHash } from 'node:crypto';
import type { SessionServiceClient } from '@selfsame/contracts/session/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { DetailError } from './errors.ts';
import { countRefusal } from './refusals.ts';
import type { HttpServer } from './server.ts';

/** The application behind an API key. */
export interface Principal {
  applicationId: string;
  slug: string;
  name: string;
  environment: 'live' | 'sandbox';
  keyId: string;
}

/** Finds who an API key belongs to, by its SHA-256; null when the key is unknown or revoked. */
export type KeyLookup = (keySha256: Uint8Array) => Promise<Principal | null>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route behind `requireApiKey` that is not public. */
    principal: Principal;
  }
}

/** No honest key is longer; hashing is bounded. */
const maxKeyLength = 512;

/**
 * Demands a known API key in `x-api-key` on all routes of this encapsulated instance but public ones, before their
 * bodies are read. 401 without one.
 */
export function requireApiKey(server: HttpServer, lookup: KeyLookup): void {
  server.decorateRequest('principal');
  server.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.public || request.is404) return;
    const key = request.headers['x-api-key'];
    const known = typeof key === 'string' && key.length <= maxKeyLength;
    const principal = known ? await lookup(createHash('sha256').update(key).digest()) : null;
    if (!principal) {
      countRefusal('unauthenticated');
      throw new DetailError(401, 'Authentication credentials were not provided or are invalid.');
    }
    request.principal = principal;
  });
}

const maxCachedKeys = 10_000;
const unknownKeyCacheMs = 1_000;

/**
 * Asks the session service and remembers: known keys for `cacheMs` (so a revoked key may live that long), unknown ones
 * for a second. Equal questions at the same time are one call.
 */
export function sessionKeyLookup(
  client: Pick<SessionServiceClient, 'authenticateKey'>,
  options: { cacheMs?: number } = {},
): KeyLookup {
  const { cacheMs = 10_000 } = options;
  const cache = new Map<string, { answer: Promise<Principal | null>; until: number }>();

  async function ask(keySha256: Uint8Array, cached: { until: number }): Promise<Principal | null> {
    const principal = await authenticate(client, keySha256);
    cached.until = performance.now() + (principal ? cacheMs : unknownKeyCacheMs);
    return principal;
  }

  return (keySha256) => {
    const name = Buffer.from(keySha256).toString('base64');
    const known = cache.get(name);
    if (known && known.until > performance.now()) return known.answer;
    const entry = { answer: Promise.resolve<Principal | null>(null), until: Number.POSITIVE_INFINITY };
    entry.answer = ask(keySha256, entry);
    entry.answer.catch(() => cache.delete(name));
    cache.delete(name);
    cache.set(name, entry);
    const oldest = cache.keys().next();
    if (cache.size > maxCachedKeys && !oldest.done) cache.delete(oldest.value);
    return entry.answer;
  };
}

async function authenticate(
  client: Pick<SessionServiceClient, 'authenticateKey'>,
  keySha256: Uint8Array,
): Promise<Principal | null> {
  try {
    const { environment, ...principal } = await client.authenticateKey({ keySha256: Buffer.from(keySha256) });
    return { ...principal, environment: environment === 'sandbox' ? 'sandbox' : 'live' };
  } catch (error) {
    if (error instanceof Failure && error.kind === 'not_found') return null;
    throw error;
  }
}
