import { createCounter } from '@selfsame/runtime/metrics';
import type { FastifyRequest } from 'fastify';

const reasons = ['rate_limit', 'overload', 'unauthenticated', 'too_large', 'in_flight'] as const;
/** Why a request was turned away before anybody looked at what it asks for. */
export type RefusalReason = (typeof reasons)[number];

const refused = createCounter('selfsame_http_refused_total', 'Requests that were turned away unread.', [
  'reason',
]);

// The first of each is an increase, too.
for (const reason of reasons) refused.add({ reason }, 0);

/** Counts a request that is turned away. */
export function countRefusal(reason: RefusalReason): void {
  refused.add({ reason });
}

const refusedForLoad = new WeakSet<FastifyRequest>();

/** This request is refused for load: no error of ours, and no line in the log. */
export function noteRefusal(request: FastifyRequest): void {
  refusedForLoad.add(request);
}

export function wasRefused(request: FastifyRequest): boolean {
  return refusedForLoad.has(request);
}
