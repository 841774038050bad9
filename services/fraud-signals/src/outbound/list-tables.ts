import type { ColumnType, Generated } from 'kysely';
import type { EntryType, ListType } from '../domain/lists/types.ts';

/** The lists of applications; migrations/lists.ts says what the columns mean. */
export interface ListTables {
  lists: ListsTable;
  list_entries: ListEntriesTable;
  hash_keys: { is_only: boolean; sealed: Buffer };
}

interface ListsTable {
  id: string;
  application_id: string;
  name: string;
  description: string;
  list_type: ListType;
  entry_type: EntryType;
  is_system: boolean;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
  deleted_at: ColumnType<Date | null, undefined, Date>;
}

interface ListEntriesTable {
  id: string;
  list_id: string;
  application_id: string;
  match_key: Buffer;
  sealed: Buffer | null;
  /** As it lay before texts were sealed, with the three below: empty by and by. */
  value: ColumnType<string | null, undefined>;
  display_label: ColumnType<string | null, undefined>;
  comment: ColumnType<string | null, undefined>;
  metadata: ColumnType<Record<string, unknown> | null, undefined>;
  added_by: 'api' | 'console' | 'system' | 'email';
  reference_session_id: string | null;
  reference_session_number: number | null;
  reference_object_uuid: string | null;
  subject_key: Buffer | null;
  state: 'active' | 'pending' | 'dropping';
  due_at: Date | null;
  created_at: Generated<Date>;
}
