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
    compared_with: ColumnType<Date | null, string | null | undefined, string | null>;
    pipeline_version: string;
    embedding_space: string;
    sealed: Buffer;
    created_at: Generated<Date>;
    expires_at: Date | null;
  };
  face_list_entries: FaceListEntriesTable;
  followed_sessions: {
    application_id: string;
    session_id: string;
    sequence: number;
    deleted: boolean;
    expires_at: Date;
  };
}

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
