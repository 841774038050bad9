import type { SqlBool } from 'kysely';
import { sql } from 'kysely';
import { isUuid } from '../domain/ids.ts';
import type { Session } from '../domain/session.ts';
import type { Page, SessionFilter } from '../domain/session-filter.ts';
import type { Status } from '../domain/status.ts';
import { statuses } from '../domain/status.ts';
import { selectSessions, toSession } from './select-sessions.ts';
import type { Queries } from './tables.ts';

/** A filter whose workflow names were looked up. */
export interface ResolvedFilter extends SessionFilter {
  readonly workflowIds: readonly string[] | undefined;
}

/** Sessions of an application, newest first, and how many match. */
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
  const matching = selectSessions(db)
    .where('s.application_id', '=', applicationId)
    .$if(known !== undefined, (query) => query.where('s.status', 'in', known ?? []))
    .$if(filter.vendorData !== undefined, (query) =>
      query.where('s.vendor_data', '=', filter.vendorData ?? ''),
    )
    .$if(filter.workflowIds !== undefined, (query) =>
      query.where('s.workflow_id', 'in', [...(filter.workflowIds ?? [])]),
    )
    .$if(filter.types.length === 1, (query) => query.where('s.session_type', 'in', [...filter.types]))
    .$if(filter.apiService !== undefined, (query) =>
      query.where('s.api_service', '=', filter.apiService ?? ''),
    )
    .$if(filter.from !== undefined, (query) => query.where('s.created_at', '>=', filter.from ?? new Date(0)))
    .$if(filter.before !== undefined, (query) =>
      query.where('s.created_at', '<', filter.before ?? new Date(0)),
    )
    .$if(filter.risks !== undefined, (query) => query.where(hasRisk(filter.risks ?? [])))
    .$if(filter.search !== undefined && filter.search !== '', (query) =>
      query.where(found(filter.search ?? '')),
    );
  const [total, rows] = await Promise.all([
    matching
      .clearSelect()
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow(),
    matching.orderBy('s.session_number', 'desc').limit(page.limit).offset(page.offset).execute(),
  ]);
  return { count: total.count, sessions: rows.map(toSession) };
}

function hasRisk(risks: readonly string[]) {
  return sql<SqlBool>`EXISTS (
    SELECT FROM jsonb_array_elements(s.reports) AS report, jsonb_array_elements(report -> 'warnings') AS warning
    WHERE warning ->> 'risk' = ANY (${[...risks]}::text[])
  )`;
}

/** A session id, the beginning of a number or an e-mail address, or of one of the expected names. */
function found(search: string) {
  if (isUuid(search)) return sql<SqlBool>`s.id = ${search}::uuid`;
  const prefix = `${search.slice(0, 200).replace(/[\\%_]/g, '\\$&')}%`;
  if (/^\d+$/.test(search)) return sql<SqlBool>`s.session_number::text LIKE ${prefix}`;
  return sql<SqlBool>`(
    s.contact_details ->> 'email' ILIKE ${prefix}
    OR s.expected_details ->> 'first_name' ILIKE ${prefix}
    OR s.expected_details ->> 'last_name' ILIKE ${prefix}
    OR concat_ws(' ', s.expected_details ->> 'first_name', s.expected_details ->> 'last_name') ILIKE ${prefix}
  )`;
}
