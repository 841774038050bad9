import type { FieldErrors } from './fields.ts';
import { isDate } from './person-details.ts';
import type { SessionType } from './session.ts';

/** A query string: repeated parameters come as arrays. */
export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** One page of a list. */
export interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** Which sessions a list shows. undefined = no matter. */
export interface SessionFilter {
  readonly statuses: readonly string[] | undefined;
  readonly vendorData: string | undefined;
  readonly search: string | undefined;
  /** Ids or slugs. */
  readonly workflows: readonly string[] | undefined;
  readonly risks: readonly string[] | undefined;
  readonly types: readonly SessionType[];
  readonly apiService: string | undefined;
  readonly from: Date | undefined;
  /** Exclusive. */
  readonly before: Date | undefined;
  /** The query asks for something that no session has. */
  readonly nothing: boolean;
}

/** Filters on what only document, address, screening and organisation checks could know; no session has it yet. */
const emptyFilters = [
  'country',
  'document_type',
  'document_name',
  'region',
  'screened_full_name',
  'euuid',
  'organization_name',
];

const typesOf = new Map<string, readonly SessionType[]>([
  ['ALL', ['HOSTED', 'API', 'IMPORTED']],
  ['HOSTED', ['HOSTED']],
  ['API', ['API']],
  ['IMPORTED', ['IMPORTED']],
]);

const dayMs = 24 * 60 * 60 * 1000;

/** Reads the query of `GET /v3/sessions/`. Values that no session can have match nothing; only a bad date is a mistake. */
export function readSessionFilter(query: Query): { filter: SessionFilter } | { errors: FieldErrors } {
  const errors: FieldErrors = {};
  const date = (name: string): Date | undefined => {
    const text = one(query, name);
    if (text === undefined) return undefined;
    if (isDate(text)) return new Date(`${text}T00:00:00Z`);
    errors[name] = ['Date has wrong format. Use one of these formats instead: YYYY-MM-DD.'];
    return undefined;
  };
  const from = date('date_from');
  const to = date('date_to');
  if (Object.keys(errors).length > 0) return { errors };
  const kind = one(query, 'session_kind') ?? 'user';
  const type = one(query, 'session_type') ?? 'ALL';
  return {
    filter: {
      statuses: many(query, 'status'),
      vendorData: one(query, 'vendor_data'),
      search: one(query, 'search')?.trim(),
      workflows: many(query, 'workflow_id'),
      risks: many(query, 'warning'),
      from,
      types: typesOf.get(type) ?? [],
      apiService: one(query, 'api_service'),
      before: to && new Date(to.getTime() + dayMs),
      nothing:
        !['user', 'all'].includes(kind) ||
        !typesOf.has(type) ||
        emptyFilters.some((name) => one(query, name) !== undefined),
    },
  };
}

/** Reads `limit` and `offset`; what cannot be read is the default. */
export function readPage(query: Query): Page {
  return {
    limit: Math.min(number(one(query, 'limit'), 1) ?? 50, 100),
    offset: number(one(query, 'offset'), 0) ?? 0,
  };
}

/** The envelope of a page; neighbours are absolute URLs that keep the query. */
export function pageOf<Item>(
  results: Item[],
  count: number,
  page: Page,
  url: { readonly base: string; readonly query: Query },
) {
  const link = (offset: number) => {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(url.query)) {
      if (name === 'limit' || name === 'offset' || value === undefined) continue;
      for (const each of [value].flat()) parameters.append(name, each);
    }
    parameters.set('limit', String(page.limit));
    if (offset > 0) parameters.set('offset', String(offset));
    return `${url.base}?${parameters}`;
  };
  const { limit, offset } = page;
  return {
    count,
    next: offset + limit < count ? link(offset + limit) : null,
    previous: offset > 0 ? link(Math.max(0, offset - limit)) : null,
    results,
  };
}

function one(query: Query, name: string): string | undefined {
  const value = query[name];
  return (Array.isArray(value) ? value.at(-1) : value) || undefined;
}

function many(query: Query, name: string): string[] | undefined {
  const value = one(query, name);
  return value
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .slice(0, 100);
}

function number(text: string | undefined, min: number): number | undefined {
  if (text === undefined || !/^\d{1,9}$/.test(text)) return undefined;
  return Number(text) >= min ? Number(text) : undefined;
}
