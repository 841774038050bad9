import type { Expression, SelectQueryBuilder, SqlBool } from 'kysely';
import { sql } from 'kysely';
import { isUuid } from '../domain/ids.ts';
import type { Session } from '../domain/session.ts';
import type { Page, SessionFilter } from '../domain/session-filter.ts';
import type { Status } from '../domain/status.ts';
import { statuses } from '../domain/status.ts';
import { selectSessions, toSession } from './select-sessions.ts';
import type { Queries, Tables } from './tables.ts';

/** A filter whose workflow names were looked up. */
export interface ResolvedFilter extends SessionFilter {
  readonly workflowIds: readonly string[] | undefined;
}

type Matching<Selected> = SelectQueryBuilder<Tables & { s: Tables['sessions'] }, 's', Selected>;

/**
 * Sessions of an application, newest first, and how many match. But for texts and warnings, what is counted and left out
 * before the page is read in indexes alone; only the sessions of the page are read whole.
 */
export async function listSessions(
  db: Queries,
  applicationId: string,
  filter: ResolvedFilter,
  page: Page,
): Promise<{ count: number; sessions: Session[] }> {
  const known = filter.statuses?.filter((status): status is Status =>
    (statuses as readonly string[]).includes(status),
  );
  if (filter.nothing || known?.length === 0 || filter.workflowIds?.length === 0)
    return { count: 0, sessions: [] };
  const living = db
    .selectFrom('sessions as s')
    .where('s.application_id', '=', applicationId)
    .where('s.deleted_at', 'is', null);
  const conditions = conditionsOf(filter, known);
  if (conditions.length === 0) {
    const { count, from, skipped } = await placeOfPage(db, applicationId, page.offset);
    const rest = living.where('s.session_number', '<=', from);
    return {
      count,
      sessions: await readPage(db, applicationId, rest, { limit: page.limit, offset: skipped }),
    };
  }
  const matching = conditions.reduce((query, condition) => query.where(condition), living);
  if (isScattered(filter)) {
    const { count, numbers } = await gather(db, matching, page);
    return {
      count,
      sessions: await readNumbered(db, applicationId, sql`SELECT unnest(${numbers}::bigint[])`),
    };
  }
  const [total, sessions] = await Promise.all([
    matching.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
    readPage(db, applicationId, matching, page),
  ]);
  return { count: total.count, sessions };
}

/**
 * Whether the newest sessions say nothing about where those are that match. PostgreSQL takes them for evenly spread, and would
 * look for the first page from the newest session on, through all that came after a day or a person of long ago.
 */
function isScattered({ before, risks, search }: SessionFilter): boolean {
  const over = before !== undefined && before < new Date();
  return over || risks !== undefined || (search !== undefined && !/^\d*$/.test(search));
}

/** How many match and the numbers of a page, when all that match were found once. */
async function gather(
  db: Queries,
  matching: Matching<object>,
  { limit, offset }: Page,
): Promise<{ count: number; numbers: number[] }> {
  const { rows } = await sql<{ count: number; numbers: number[] }>`
    WITH matching AS MATERIALIZED (${matching.select('s.session_number')})
    SELECT (SELECT count(*) FROM matching) AS count, ARRAY(
      SELECT session_number FROM matching ORDER BY session_number DESC LIMIT ${limit} OFFSET ${offset}
    ) AS numbers`.execute(db);
  return rows[0] ?? { count: 0, numbers: [] };
}

/** Looks for numbers, since an index has them beside what is filtered by. */
async function readPage(
  db: Queries,
  applicationId: string,
  matching: Matching<object>,
  page: Page,
): Promise<Session[]> {
  const numbers = matching
    .select('s.session_number')
    .orderBy('s.session_number', 'desc')
    .limit(page.limit)
    .offset(page.offset);
  return readNumbered(db, applicationId, numbers);
}

async function readNumbered(
  db: Queries,
  applicationId: string,
  numbers: Expression<unknown>,
): Promise<Session[]> {
  const rows = await selectSessions(db)
    .where('s.application_id', '=', applicationId)
    .where(sql<SqlBool>`s.session_number IN (${numbers})`)
    .orderBy('s.session_number', 'desc')
    .execute();
  return rows.map(toSession);
}

/**
 * How many living sessions an application has, and where those after the `offset` newest begin: at a number, `skipped`
 * living ones further down. Numbers have no gaps, so both follow from the deleted ones between the ends, which are few
 * when an application keeps its sessions, and none where the oldest go first.
 */
async function placeOfPage(
  db: Queries,
  applicationId: string,
  offset: number,
): Promise<{ count: number; from: number; skipped: number }> {
  const end = (order: 'ASC' | 'DESC') => sql`(
    SELECT session_number FROM sessions WHERE application_id = ${applicationId} AND deleted_at IS NULL
    ORDER BY session_number ${sql.raw(order)} LIMIT 1)`;
  const deletedFrom = (number: string) => sql`(
    SELECT count(*) FROM sessions WHERE application_id = ${applicationId} AND deleted_at IS NOT NULL
      AND session_number > ${sql.raw(number)} AND session_number <= newest)`;
  const { rows } = await sql<{ count: number; from: number; skipped: number }>`
    SELECT newest - oldest + 1 - ${deletedFrom('oldest')} AS count, newest - ${offset}::bigint AS from,
      ${deletedFrom(`greatest(newest - ${Math.trunc(offset)}, oldest)`)} AS skipped
    FROM (SELECT ${end('ASC')} AS oldest, ${end('DESC')} AS newest) AS ends
    WHERE newest IS NOT NULL`.execute(db);
  return rows[0] ?? { count: 0, from: 0, skipped: 0 };
}

function conditionsOf(filter: ResolvedFilter, known: readonly Status[] | undefined) {
  const { vendorData, workflowIds, types, apiService, from, before, risks, search } = filter;
  return [
    known && sql<SqlBool>`s.status = ANY (${[...known]}::text[])`,
    vendorData !== undefined && sql<SqlBool>`s.vendor_data = ${vendorData}`,
    workflowIds && sql<SqlBool>`s.workflow_id = ANY (${[...workflowIds]}::uuid[])`,
    types.length === 1 && ofType(types[0] ?? ''),
    apiService !== undefined && sql<SqlBool>`s.session_type <> 'HOSTED' AND s.api_service = ${apiService}`,
    from && sql<SqlBool>`s.created_at >= ${from}`,
    before && sql<SqlBool>`s.created_at < ${before}`,
    risks && hasRisk(risks),
    search !== undefined && search !== '' && found(search),
  ].filter((condition) => typeof condition === 'object');
}

/** Said so that the index of those that are not hosted serves. */
function ofType(type: string) {
  if (type === 'HOSTED') return sql<SqlBool>`s.session_type = 'HOSTED'`;
  return sql<SqlBool>`s.session_type <> 'HOSTED' AND s.session_type = ${type}`;
}

function hasRisk(risks: readonly string[]) {
  return sql<SqlBool>`jsonb_path_exists(s.reports, '$[*].warnings[*]')
    AND jsonb_path_query_array(s.reports, '$[*].warnings[*].risk') ?| ${[...risks]}::text[]`;
}

/** A session id, the beginning of a number or an e-mail address, or of one of the expected names. */
function found(search: string) {
  if (isUuid(search)) return sql<SqlBool>`s.id = ${search}::uuid`;
  if (/^\d+$/.test(search)) return hasNumberLike(search);
  const prefix = `${search.slice(0, 200).replace(/[\\%_]/g, '\\$&')}%`;
  const begins = (text: string) => sql<SqlBool>`lower(${sql.raw(text)}) LIKE lower(${prefix})`;
  return sql<SqlBool>`(
    ${begins(`s.contact_details ->> 'email'`)}
    OR ${begins(`s.expected_details ->> 'first_name'`)}
    OR ${begins(`s.expected_details ->> 'last_name'`)}
    OR ${begins(`(s.expected_details ->> 'first_name') || ' ' || (s.expected_details ->> 'last_name')`)}
  )`;
}

/** 12, 120 to 129, 1200 to 1299 and so on: ranges that the order of numbers finds. */
function hasNumberLike(digits: string) {
  const ranges = [];
  for (let scale = 1; !digits.startsWith('0'); scale *= 10) {
    const first = Number(digits) * scale;
    if (!Number.isSafeInteger(first + scale)) break;
    ranges.push(sql`s.session_number BETWEEN ${first} AND ${first + scale - 1}`);
  }
  return ranges.length === 0 ? sql<SqlBool>`false` : sql<SqlBool>`(${sql.join(ranges, sql` OR `)})`;
}
