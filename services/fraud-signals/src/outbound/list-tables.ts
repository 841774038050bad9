import type { ColumnType, Generated } from 'kysely';
import type { EntryType, ListType } from '../domain/lists/types.ts';

/** The lists of applications; migrations/lists.ts says what the columns mean. */
export interface ListTables {
  lists: ListsTable;
  list_entries: ListEntriesTable;
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
  value: string | null;
  display_label: string | null;
  comment: string | null;
  metadata: ColumnType<Record<string, unknown> | null, string | null>;
  added_by: 'api' | 'console' | 'system' | 'email';
  reference_session_id: string | null;
  reference_session_number: number | null;
  reference_object_uuid: string | null;
  subject_key: Buffer | null;
  state: 'active' | 'pending' | 'dropping';
  due_at: Date | null;
  created_at: Generated<Date>;
}
