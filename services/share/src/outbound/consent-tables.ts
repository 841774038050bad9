import type { Generated } from 'kysely';
import type { ConsentState, EvidenceKind } from '../domain/consent.ts';
import type { Scope } from '../domain/scope.ts';

/** What people were asked; migrations/consents.ts says what the columns mean. */
export interface ConsentTables {
  consents: ConsentsTable;
  consent_records: ConsentRecordsTable;
}

interface ConsentsTable {
  id: string;
  application_id: string;
  application_name: string;
  session_id: string;
  subject_hash: Buffer | null;
  user_pid: string;
  audience_id: string;
  audience: string;
  audience_name: string;
  purpose: string;
  scope: Scope;
  token_sha256: Buffer | null;
  language: string;
  page: Buffer | null;
  state: ConsentState;
  asked_at: Generated<Date>;
  answer_by: Date;
  valid_until: Date;
  answered_at: Date | null;
  withdrawn_at: Date | null;
  evidence_kind: EvidenceKind | null;
  details: Buffer | null;
}

interface ConsentRecordsTable {
  consent_id: string;
  kind: 'given' | 'withdrawn';
  application_id: string;
  jws: string;
  kept_from: Date;
}
