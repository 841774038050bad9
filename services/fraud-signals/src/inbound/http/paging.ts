import type { FastifyRequest } from 'fastify';
import Type from 'typebox';

const maxPage = 100;

/** Query of a paginated list. */
export const paging = {
  limit: Type.Integer({ minimum: 1, default: 25, description: `At most ${maxPage} are given` }),
  offset: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 }),
};

/** The page that a query asks for, within bounds. */
export function pageOf({ limit, offset }: { limit: number; offset: number }) {
  return { limit: Math.min(limit, maxPage), offset };
}

/** The contract's envelope around one page of `count`. */
export function envelope<Item>(
  request: FastifyRequest,
  { limit, offset }: { limit: number; offset: number },
  count: number,
  results: Item[],
) {
  return {
    count,
    next: offset + limit < count ? pageUrl(request, limit, offset + limit) : null,
    previous: offset > 0 ? pageUrl(request, limit, Math.max(0, offset - limit)) : null,
    results,
  };
}

/** The same list at another offset, as a whole URL. */
function pageUrl(request: FastifyRequest, limit: number, offset: number): string {
  const url = new URL(request.url, `${request.protocol}://${request.host}`);
  url.searchParams.set('limit', String(limit));
  url.searchParams.set('offset', String(offset));
  return url.href;
}
