import type { AddressPolicy } from '../domain/addresses.ts';
import { checkEndpoint } from '../domain/endpoint.ts';
import type { Outcome } from '../domain/schedule.ts';
import { readBodyText, readRetryAfter } from './http-client-answer.ts';
import { createConnections } from './http-client-connections.ts';
import {
  codeOf,
  type Deadline,
  type Ending,
  exchange,
  type Request,
  startDeadline,
} from './http-client-exchange.ts';
import { createResolver, type Resolve } from './resolver.ts';

/** How one POST ended. */
export interface PostResult {
  readonly outcome: Outcome;
  /** Until the status line; null when none came. */
  readonly responseTimeMs: number | null;
  /** Stable code of what went wrong when no answer came: `timeout`, `address_refused`, `ECONNREFUSED`, ... */
  readonly error: string | null;
  /** First 20 kB of the answer as text, not decompressed, broken UTF-8 and NUL as U+FFFD; null when no answer came. */
  readonly responseBody: string | null;
}

/** Posts to strangers. */
export interface WebhookClient {
  /**
   * Never throws: whatever happens is an outcome. Redirects are answers, not followed.
   *
   * @param onSent the first byte goes out; twice when a connection has to be renewed, not at all when there is none
   */
  post(
    url: string,
    headers: Record<string, string>,
    body: string | Buffer,
    onSent?: () => void,
  ): Promise<PostResult>;
  close(): Promise<void>;
}

/** Where a URL leads, or why nothing is posted there. */
type Target =
  | { readonly ok: true; readonly origin: string; readonly path: string }
  | { readonly ok: false; readonly result: PostResult };

/** URLs whose check is remembered; nothing of it depends on time. */
const maxTargets = 5_000;
/** A lookup's part of the attempt's time, so that silent name servers are told apart from a silent receiver. */
const lookupShare = 0.8;

/**
 * @param options.timeoutMs for one POST in all: name, connection, TLS, request, status line, and what is read of the body
 * @param options.resolve replaces the resolver
 * @param options.maxConnections in all, idle ones included, which make room; more than there are posts at once
 * @param options.maxConnectionsPerOrigin more posts to one origin wait, within their time
 */
export function createWebhookClient(options: {
  policy: AddressPolicy;
  timeoutMs: number;
  resolve?: Resolve;
  maxConnections?: number;
  maxConnectionsPerOrigin?: number;
}): WebhookClient {
  const { policy, timeoutMs, maxConnections = 1_024, maxConnectionsPerOrigin = 256 } = options;
  const resolver = createResolver({ timeoutMs: timeoutMs * lookupShare });
  const connections = createConnections({
    policy,
    resolve: options.resolve ?? resolver.resolve,
    connectTimeoutMs: timeoutMs,
    maxConnections,
    maxConnectionsPerOrigin,
  });
  const targets = new Map<string, Target>();

  function targetOf(url: string): Target {
    const known = targets.get(url);
    if (known) return known;
    const target = readTarget(url, policy);
    if (targets.size >= maxTargets) targets.clear();
    targets.set(url, target);
    return target;
  }

  /**
   * A server may close an idle connection in the moment that we write to it. Receivers know an event by its id, so a new
   * connection may repeat at once what the old one may have delivered; it does so once.
   */
  async function send(request: OriginRequest, deadline: Deadline): Promise<Ending> {
    const connection = await connections.take(request.origin, deadline);
    const ending = await exchange(connections, connection, request, deadline);
    return ending.isStale ? exchange(connections, connections.renew(connection), request, deadline) : ending;
  }

  return {
    async post(url, headers, body, onSent) {
      const target = targetOf(url);
      if (!target.ok) return target.result;
      const { origin, path } = target;
      const deadline = startDeadline(timeoutMs);
      const startedAt = performance.now();
      try {
        const request = { origin, path, method: 'POST', headers, body, onSent } as const;
        return resultOf(await send(request, deadline), startedAt);
      } catch (error) {
        return withoutAnswer(codeOf(error));
      } finally {
        deadline.end();
      }
    },
    async close() {
      resolver.close();
      await connections.close();
    },
  };
}

type OriginRequest = Request & { readonly origin: string };

function readTarget(text: string, policy: AddressPolicy): Target {
  const check = checkEndpoint(text, policy);
  if (check.ok) return { ok: true, origin: check.url.origin, path: check.url.pathname + check.url.search };
  return {
    ok: false,
    result: withoutAnswer(check.kind === 'malformed' ? 'malformed_url' : 'address_refused'),
  };
}

/** Once there is a status, it is the outcome, whatever became of the body. */
function resultOf({ answer, chunks, code }: Ending, startedAt: number): PostResult {
  if (answer === null) return withoutAnswer(code);
  const retryAfterMs = readRetryAfter(answer.headers['retry-after'], Date.now());
  return {
    outcome: { kind: 'answered', status: answer.status, retryAfterMs },
    responseTimeMs: Math.round(answer.atMs - startedAt),
    error: null,
    responseBody: readBodyText(chunks),
  };
}

function withoutAnswer(error: string): PostResult {
  return { outcome: outcomeOf(error), responseTimeMs: null, error, responseBody: null };
}

function outcomeOf(error: string): Outcome {
  switch (error) {
    case 'malformed_url':
      return { kind: 'malformed' };
    case 'address_refused':
      return { kind: 'refused' };
    case 'timeout':
    case 'dns_timeout':
      return { kind: 'timeout' };
    default:
      return { kind: 'connection_error' };
  }
}
