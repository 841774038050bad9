import type { RecordKind } from '../domain/record.ts';

/** The log of shares; migrations/records.ts says what the columns mean. */
export interface RecordTables {
  records: RecordsTable;
  record_nodes: { application_id: string; level: number; position: number; hash: Buffer };
}

interface RecordsTable {
  application_id: string;
  sequence: number;
  format: number;
  at: Date | null;
  kind: RecordKind | null;
  user_pid: string | null;
  from_application_id: string | null;
  audience_id: string | null;
  audience: string | null;
  audience_name: string | null;
  purpose: string | null;
  scope: string | null;
  share_id: string | null;
  consent_id: string | null;
  expires_at: Date | null;
  import_status: string | null;
  note: string | null;
  document_sha256: Buffer | null;
  salt: Buffer | null;
  kept_from: Date;
  hash: Buffer;
  head: string;
}
