import type { ColumnType, Generated, Kysely, Selectable } from 'kysely';
import type { TemplateKind } from '../domain/template.ts';
import type { ImageTables } from '../images/tables.ts';

/** Rows of the schema `biometrics`. */
export interface BiometricsTables extends ImageTables {
  biometric_key: { singleton: Generated<boolean>; key_id: string };
  template_keys: TemplateKeysTable;
  templates: {
    application_id: string;
    kind: TemplateKind;
    owner: string;
    subject: string | null;
    session_id: string | null;
    key_id: string;
    key_version: Generated<number>;
    rekey: Generated<boolean>;
    adapts: Generated<boolean>;
    grant_id: Generated<string | null>;
    template_uuid: Generated<string>;
    anchor: Generated<Buffer | null>;
    anchor_key_id: Generated<string | null>;
    anchor_pipeline_version: Generated<string | null>;
    adapted_at: Generated<Date | null>;
    compared_with: ColumnType<Date | null, string | null | undefined, string | null>;
    pipeline_version: string;
    embedding_space: string;
    sealed: Buffer;
    created_at: Generated<Date>;
    expires_at: Date | null;
  };
  face_list_entries: FaceListEntriesTable;
  template_history: TemplateHistoryTable;
  reference_grants: {
    grant_id: string;
    share_id: string;
    from_application_id: string;
    from_subject: string;
    to_application_id: string;
    to_subject: string;
    created_at: Generated<Date>;
    expires_at: Date;
    used_at: Generated<Date | null>;
    used_session: Generated<string | null>;
    compared: Generated<number>;
    held: Generated<boolean>;
  };
  import_decisions: {
    application_id: string;
    session_id: string;
    sequence: number;
    status: ImportDecision;
    decided_at: Generated<Date>;
  };
  ended_shares: { share_id: string; ended_at: Generated<Date> };
  waiting_erasures: {
    erasure_id: string;
    application_id: string;
    session_ids: string[];
    confirmation: Buffer;
  };
  followed_sessions: {
    application_id: string;
    session_id: string;
    sequence: number;
    deleted: boolean;
    expires_at: Date;
  };
}

/** Statuses of an imported session that a grant depends on. */
export type ImportDecision = 'Approved' | 'In Review' | 'Declined';

/** A connection or a transaction; nothing here opens one. */
export type Tables = Kysely<BiometricsTables>;

/** Key versions of an application's templates; `salt` is null once a version is revoked. */
export interface TemplateKeysTable {
  application_id: string;
  version: number;
  state: 'active' | 'retiring' | 'revoked';
  salt: Buffer | null;
  created_at: Generated<Date>;
  retired_at: Date | null;
  revoked_at: Date | null;
}

export type TemplateKeyRow = Selectable<TemplateKeysTable>;

/** Changes of subjects' templates, as scores. */
export interface TemplateHistoryTable {
  position: Generated<number>;
  application_id: string;
  subject: string;
  at: Generated<Date>;
  kind: 'enrolled' | 'granted' | 'renewed' | 'adapted' | 'reverted';
  session_id: string | null;
  look_similarity: number | null;
  previous_similarity: number | null;
  anchor_similarity: number | null;
}

/** Faces on lists. The trigger of the table keeps row_id and changed_in. */
export interface FaceListEntriesTable {
  application_id: string;
  list_id: string;
  entry_id: string;
  kind: 'blocklist' | 'allowlist';
  session_id: string | null;
  key_id: string;
  key_version: number;
  pipeline_version: string;
  embedding_space: string;
  sealed: Buffer;
  created_at: Generated<Date>;
  row_id: Generated<number>;
}
