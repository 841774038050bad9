import type { Migration } from '@selfsame/database/migrate';

export const listMigrations: Migration[] = [
  {
    name: 'lists-0001-lists',
    up: `
    CREATE TABLE lists (
      id             uuid PRIMARY KEY,
      application_id uuid NOT NULL,
      name           text NOT NULL,
      description    text NOT NULL,
      list_type      text NOT NULL CHECK (list_type IN ('blocklist', 'allowlist', 'custom')),
      entry_type     text NOT NULL CHECK (entry_type IN
        ('ip_address', 'device_fingerprint', 'user', 'country', 'email', 'phone', 'face')),
      -- One blocklist for each type of entry, made when it is first needed.
      is_system      boolean NOT NULL,
      created_at     timestamptz NOT NULL DEFAULT now(),
      updated_at     timestamptz NOT NULL DEFAULT now(),
      -- A list of faces goes when biometrics has let go of the last of them; until then it is seen by nobody.
      deleted_at     timestamptz
    );
    CREATE UNIQUE INDEX lists_system ON lists (application_id, entry_type) WHERE is_system;
    CREATE INDEX lists_application ON lists (application_id, created_at);

    CREATE TABLE list_entries (
      id                       uuid PRIMARY KEY,
      list_id                  uuid NOT NULL REFERENCES lists ON DELETE CASCADE,
      application_id           uuid NOT NULL,
      -- Keyed hash of application, type and value: what a visit is looked up by. A range of addresses is hashed with its
      -- length, so that an address is found under its own prefixes of every length. Random for a face in a picture.
      match_key                bytea NOT NULL,
      -- What the operator typed, and sees. Null for faces, and once the person has been erased.
      value                    text,
      display_label            text,
      comment                  text,
      metadata                 jsonb,
      added_by                 text NOT NULL CHECK (added_by IN ('api', 'console', 'system', 'email')),
      reference_session_id     uuid,
      reference_session_number bigint,
      reference_object_uuid    uuid,
      -- Keyed hash of the person whose session is referred to, so that their erasure finds the entry.
      subject_key              bytea,
      -- A face is pending until biometrics has it and dropping until biometrics has let it go; only active ones count.
      state                    text NOT NULL CHECK (state IN ('active', 'pending', 'dropping')),
      -- When somebody has to look after an entry that is not active.
      due_at                   timestamptz,
      created_at               timestamptz NOT NULL DEFAULT now(),
      CHECK ((state = 'active') = (due_at IS NULL))
    );
    -- Finds hits, and says that no value is on a list twice.
    CREATE UNIQUE INDEX list_entries_match ON list_entries (match_key, list_id);
    CREATE INDEX list_entries_list ON list_entries (list_id, created_at, id);
    CREATE INDEX list_entries_session ON list_entries (reference_session_id) WHERE reference_session_id IS NOT NULL;
    CREATE INDEX list_entries_subject ON list_entries (subject_key) WHERE subject_key IS NOT NULL;
    CREATE INDEX list_entries_due ON list_entries (due_at) WHERE due_at IS NOT NULL;`,
  },
  {
    name: 'lists-0002-sealed',
    up: `
      -- What an operator typed (value, label, comment, metadata), sealed under the data keys for this entry of this application.
      -- The four columns of before are emptied by and by, and written no more.
      ALTER TABLE list_entries ADD sealed bytea;
      -- What names and hashes are made under, where it is another key than the first data key; sealed. At most one row.
      CREATE TABLE hash_keys (is_only boolean PRIMARY KEY CHECK (is_only), sealed bytea NOT NULL);`,
  },
];
