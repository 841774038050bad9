import { prepared } from '@selfsame/database/prepared';
import { sql } from 'kysely';
import type { ListType, ValueType } from '../domain/lists/types.ts';

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
  readonly matchKeys: readonly Buffer[];
  readonly limit: number;
}

/** Entries, blocking ones first. One look into one index for each key. */
export const findHits = prepared<HitQuery, Hit>(
  'find_list_hits',
  (value) => sql`
    SELECT l.list_type AS "listType", l.entry_type AS "entryType", l.id AS "listId", e.id AS "entryId"
    FROM list_entries e JOIN lists l ON l.id = e.list_id
    WHERE e.match_key = ANY (${value('matchKeys')}::bytea[]) AND e.application_id = ${value('applicationId')}
      AND e.state = 'active'
    ORDER BY array_position(ARRAY['blocklist', 'allowlist', 'custom'], l.list_type), e.created_at, e.id
    LIMIT ${value('limit')}`,
);
