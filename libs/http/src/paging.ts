import type { FastifyRequest } from 'fastify';
import Type from 'typebox';

const maxPage = 100;

interface PageWanted {
  readonly limit: number;
  readonly offset: number;
}

/** Query of a paginated list. @param defaultLimit how many are given when nobody says */
export const pagingQuery = (defaultLimit = 25) => ({
  limit: Type.Integer({ minimum: 1, default: defaultLimit, description: `At most ${maxPage} are given` }),
  offset: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 }),
});

/** The page that a query asks for, within bounds. */
export function pageOf({ limit, offset }: PageWanted): PageWanted {
  return { limit: Math.min(limit, maxPage), offset };
}

/**
 * The contract's envelope around one page.
 * @param found.count of all pages; `hasMore` for lists that are not counted to their end
 */
export function envelope<Item>(
  request: FastifyRequest,
  { limit, offset }: PageWanted,
  found: { readonly count: number; readonly results: Item[]; readonly hasMore?: boolean },
) {
  const { count, results, hasMore = offset + limit < count } = found;
  return {
    count,
    next: hasMore ? pageUrl(request, limit, offset + limit) : null,
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
