import { Failure } from '@selfsame/runtime/errors';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';

const maxPage = 100;

/** Query of a paginated list. */
export const paging = {
  limit: Type.Integer({ minimum: 1, default: 50, description: `At most ${maxPage} are given` }),
  offset: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 }),
};

/** The page that a query asks for, within bounds. */
export function pageOf({ limit, offset }: { limit: number; offset: number }) {
  return { limit: Math.min(limit, maxPage), offset };
}

/** The contract's envelope around one page. */
export function envelope<Item>(
  request: FastifyRequest,
  { limit, offset }: { limit: number; offset: number },
  page: { count: number; hasMore: boolean; results: Item[] },
) {
  return {
    count: page.count,
    next: page.hasMore ? pageUrl(request, limit, offset + limit) : null,
    previous: offset > 0 ? pageUrl(request, limit, Math.max(0, offset - limit)) : null,
    results: page.results,
  };
}

/** The same list at another offset, as a whole URL. */
function pageUrl(request: FastifyRequest, limit: number, offset: number): string {
  const url = new URL(request.url, `${request.protocol}://${request.host}`);
  url.searchParams.set('limit', String(limit));
  url.searchParams.set('offset', String(offset));
  return url.href;
}

/** What was looked for, or 404. */
export function found<T>(value: T | undefined): T {
  if (value === undefined) throw notFound();
  return value;
}

/** 404 in the contract's words. */
export function notFound(): Failure {
  return new Failure('not_found', 'not_found', 'Not found.');
}
