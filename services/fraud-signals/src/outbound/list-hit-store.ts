import { prepared } from '@selfsame/database/prepared';
import { sql } from 'kysely';
import type { ListType, ValueType } from '../domain/lists/types.ts';
import type { Queries } from './tables.ts';

/** An entry that a visit is on. */
export interface Hit {
  readonly listType: ListType;
  readonly entryType: ValueType;
  readonly listId: string;
  readonly entryId: string;
}

/** Of one application, under any of these keys. */
export interface HitQuery {
  readonly applicationId: string;
  readonly sessionId: string;
  readonly matchKeys: readonly Buffer[];
  readonly limit: number;
}

/** What lists say of a visit, and whether there are any. */
export interface ListAnswer {
  /** Blocking ones first; null: none. */
  readonly hits: readonly Hit[] | null;
  /** The application has entries on blocklists, and on that of countries. */
  readonly hasBlocklists: boolean;
  readonly hasCountries: boolean;
  /** The lists could not be asked when the page of the session was opened. */
  readonly isOpeningUnknown: boolean;
}

/**
 * Entries under the keys of a visit, and those that barred an earlier opening of its session's page and are still there. One
 * look into one index for each key and each blocklist.
 */
export async function findHits(db: Queries, query: HitQuery): Promise<ListAnswer> {
  const [answer] = await askLists(db, query);
  if (answer === undefined) throw new Error('a query without a table gave no row');
  return answer;
}

const askLists = prepared<HitQuery, ListAnswer>('find_list_hits', (value) => {
  const app = sql`${value('applicationId')}::uuid`;
  return sql`
    WITH openings AS MATERIALIZED (
      SELECT blocked_by, 'lists' = ANY (failures) AS failed FROM assessments
      WHERE session_id = ${value('sessionId')}::uuid AND application_id = ${app} AND phase = 'OPENING'
    ), blocklists AS MATERIALIZED (
      SELECT l.entry_type FROM lists l
      -- In the order of an index, or every entry there is would be looked at for a list without any.
      CROSS JOIN LATERAL (
        SELECT FROM list_entries e WHERE e.list_id = l.id AND e.state = 'active' ORDER BY e.created_at, e.id LIMIT 1) e
      WHERE l.application_id = ${app} AND l.list_type = 'blocklist'
    )
    SELECT
      (SELECT json_agg(h) FROM (
        SELECT l.list_type AS "listType", l.entry_type AS "entryType", l.id AS "listId", e.id AS "entryId"
        FROM (
          SELECT id, list_id, application_id, state, created_at FROM list_entries WHERE match_key = ANY (${value('matchKeys')}::bytea[])
          UNION
          SELECT id, list_id, application_id, state, created_at FROM list_entries
          WHERE id = ANY (ARRAY(SELECT unnest(blocked_by) FROM openings))
        ) e JOIN lists l ON l.id = e.list_id
        WHERE e.application_id = ${app} AND e.state = 'active'
        ORDER BY array_position(ARRAY['blocklist', 'allowlist', 'custom'], l.list_type), e.created_at, e.id
        LIMIT ${value('limit')}) h) AS hits,
      EXISTS (SELECT FROM blocklists) AS "hasBlocklists",
      EXISTS (SELECT FROM blocklists WHERE entry_type = 'country') AS "hasCountries",
      EXISTS (SELECT FROM openings WHERE failed) AS "isOpeningUnknown"`;
});
