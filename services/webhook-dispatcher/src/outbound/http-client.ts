import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher, request } from 'undici';
import { type AddressPolicy, isPermittedAddress } from '../domain/addresses.ts';
import { checkEndpoint } from '../domain/endpoint.ts';
import type { Outcome } from '../domain/schedule.ts';

/** How one POST ended. */
export interface PostResult {
  readonly outcome: Outcome;
  /** Until the status line; null when none came. */
  readonly responseTimeMs: number | null;
  /** Stable code of what went wrong when no answer came: `timeout`, `address_refused`, `ECONNREFUSED`, ... */
  readonly error: string | null;
  readonly responseBody: string | null;
}

/** Posts to strangers. */
export interface WebhookClient {
  /** Never throws: whatever happens is an outcome. Redirects are answers, not followed. */
  post(url: string, headers: Record<string, string>, body: string): Promise<PostResult>;
  close(): Promise<void>;
}

/** All addresses of a name. */
export type Resolve = (hostname: string) => Promise<{ address: string; family: number }[]>;

/** What is read of an answer's body, so that its connection can serve again; a longer one costs a new connection. */
const drainedBytes = 16 * 1024;
/** Many servers close idle connections after 5 s; closing first avoids posting into one that is going away. */
const idleTimeoutMs = 4_000;

const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true, order: 'verbatim' });

class AddressRefused extends Error {
  readonly code = 'address_refused';
}

/**
 * @param options.timeoutMs for one POST in all: name, connection, TLS, request and status line
 * @param options.resolve replaces the system's resolver
 */
export function createWebhookClient(options: {
  policy: AddressPolicy;
  timeoutMs: number;
  resolve?: Resolve;
}): WebhookClient {
  const { policy, timeoutMs, resolve = systemResolve } = options;
  const agent = new Agent({
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: idleTimeoutMs,
    // The deadline below ends every request; these are a second line behind it.
    headersTimeout: timeoutMs + 1_000,
    bodyTimeout: timeoutMs + 1_000,
    connect: {
      timeout: timeoutMs + 1_000,
      lookup: permittedLookup(resolve, policy),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: 1_000,
    },
  });

  return {
    async post(url, headers, body) {
      // Names are judged when they are resolved; an address in the URL is connected to without asking a resolver.
      if (!checkEndpoint(url, policy).ok) {
        return {
          outcome: { kind: 'refused' },
          responseTimeMs: null,
          error: 'address_refused',
          responseBody: null,
        };
      }
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(), timeoutMs);
      const startedAt = performance.now();
      try {
        const response = await request(url, {
          dispatcher: agent,
          method: 'POST',
          headers,
          body,
          signal: deadline.signal,
        });
        const responseTimeMs = Math.round(performance.now() - startedAt);
        drain(response, timer);
        const outcome: Outcome = { kind: 'answered', status: response.statusCode, retryAfterMs: null };
        return { outcome, responseTimeMs, error: null, responseBody: null };
      } catch (error) {
        clearTimeout(timer);
        return { ...failedOutcome(error, deadline.signal.aborted), responseTimeMs: null, responseBody: null };
      }
    },
    close: () => agent.destroy(),
  };
}

/**
 * The connection goes to an address that this function returns, so what was checked is what is reached, whatever the
 * name resolves to a moment later.
 */
function permittedLookup(resolve: Resolve, policy: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    const answer = async () => {
      const addresses = await resolve(hostname);
      const permitted = addresses.filter(({ address }) =>
        isPermittedAddress(address, policy.allowedNetworks),
      );
      const [first] = permitted;
      if (first === undefined)
        throw new AddressRefused('the name resolves to addresses that webhooks never go to');
      return { permitted, first };
    };
    answer().then(
      ({ permitted, first }) =>
        options.all ? callback(null, permitted) : callback(null, first.address, first.family),
      (error) => callback(error, []),
    );
  };
}

/** Reads what little a receiver may say, in the background; the deadline of the attempt holds for it too. */
function drain(response: Dispatcher.ResponseData, timer: NodeJS.Timeout): void {
  response.body
    .dump({ limit: drainedBytes })
    .catch(() => {}) // the answer counts already, its body does not matter
    .finally(() => clearTimeout(timer));
}

function failedOutcome(error: unknown, timedOut: boolean): Pick<PostResult, 'outcome' | 'error'> {
  const code = codeOf(error);
  if (code === 'address_refused') return { outcome: { kind: 'refused' }, error: code };
  if (timedOut || code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'UND_ERR_HEADERS_TIMEOUT') {
    return { outcome: { kind: 'timeout' }, error: 'timeout' };
  }
  return { outcome: { kind: 'connection_error' }, error: code };
}

/** Node reports one error for each address that it tried; they seldom differ. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
