import type { JWK } from 'jose';
import type { ColumnType, Generated } from 'kysely';
import type { Scope } from '../domain/scope.ts';
import type { RevocationReason, SessionKind } from '../domain/share.ts';

/** Shares and what was made of them; migrations/shares.ts says what the columns mean. */
export interface ShareTables {
  share_settings: { application_id: string; requires_consent: boolean; changed_at: Generated<Date> };
  audience_keys: AudienceKeysTable;
  shares: SharesTable;
  imports: ImportsTable;
  refused_imports: { share_id: string; application_id: string; reason: string; refused_at: Generated<Date> };
}

interface AudienceKeysTable {
  key_id: string;
  application_id: string;
  public_jwk: ColumnType<JWK, string>;
  sealed_private: Buffer | null;
  created_at: Generated<Date>;
  retired_at: Date | null;
}

interface SharesTable {
  share_id: string;
  from_application_id: string;
  for_application_id: string;
  audience: string;
  audience_name: string;
  session_id: string;
  session_sequence: number;
  session_kind: SessionKind;
  purpose: string;
  scope: Scope;
  consent_id: string | null;
  user_pid: string;
  audience_key_id: string;
  snapshot: Buffer | null;
  created_at: Date;
  expires_at: Date;
  revoked_at: Date | null;
  revoked_because: RevocationReason | null;
  imported_at: Date | null;
}

interface ImportsTable {
  import_id: string;
  share_id: string | null;
  from_session_id: string | null;
  from_application_id: string;
  to_application_id: string;
  purpose: string;
  scope: Scope;
  workflow_ref: string;
  trust_review: boolean;
  vendor_data: Buffer | null;
  request: Buffer;
  status: 'pending' | 'released' | 'imported';
  granted: Generated<boolean>;
  reserved_at: Generated<Date>;
  imported_at: Date | null;
}
