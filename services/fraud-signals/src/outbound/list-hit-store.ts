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

/** Entries of an application under any of these keys, blocking ones first. One look into one index for each key. */
export async function findHits(
  db: Queries,
  applicationId: string,
  matchKeys: readonly Buffer[],
  limit: number,
): Promise<Hit[]> {
  const { rows } = await sql<Hit>`${prepared('find_list_hits')}
    SELECT l.list_type AS "listType", l.entry_type AS "entryType", l.id AS "listId", e.id AS "entryId"
    FROM list_entries e JOIN lists l ON l.id = e.list_id
    WHERE e.match_key = ANY (${matchKeys}::bytea[]) AND e.application_id = ${applicationId}
      AND e.state = 'active'
    ORDER BY array_position(ARRAY['blocklist', 'allowlist', 'custom'], l.list_type), e.created_at, e.id
    LIMIT ${limit}`.execute(db);
  return rows;
}
