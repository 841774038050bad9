import type { Migration } from '@selfsame/database/migrate';

/**
 * What the search index is built from and how it hears of changes. Every searchable row has an id that is never used again
 * and the transaction that wrote it last; a row that goes leaves its id behind for a day. Triggers see to both, so that no
 * statement can forget it.
 */
export const faceSearchMigration: Migration = {
  name: '0004-face-search',
  up: `
    -- One sequence for all searchable rows, whatever their table.
    CREATE SEQUENCE searchable_row_ids;

    ALTER TABLE templates
      ADD COLUMN row_id bigint NOT NULL DEFAULT nextval('searchable_row_ids'),
      ADD COLUMN changed_in xid8 NOT NULL DEFAULT pg_current_xact_id();
    CREATE UNIQUE INDEX templates_row_id ON templates (row_id) WHERE kind = 'subject';
    CREATE INDEX templates_changed_in ON templates (changed_in) WHERE kind = 'subject';

    CREATE TABLE face_list_entries (
      application_id text NOT NULL,
      list_id text NOT NULL,
      entry_id text NOT NULL,
      kind text NOT NULL CHECK (kind IN ('blocklist', 'allowlist')),
      -- whose face it is a copy of; null when it came as a picture
      session_id text,
      key_id text NOT NULL,
      key_version integer NOT NULL,
      pipeline_version text NOT NULL,
      embedding_space text NOT NULL,
      sealed bytea NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      row_id bigint NOT NULL UNIQUE DEFAULT nextval('searchable_row_ids'),
      changed_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
      PRIMARY KEY (application_id, list_id, entry_id)
    );
    CREATE INDEX face_list_entries_changed_in ON face_list_entries (changed_in);

    -- Ids of rows that are gone, for a day.
    CREATE TABLE removed_faces (
      row_id bigint PRIMARY KEY,
      changed_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
      removed_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX removed_faces_changed_in ON removed_faces (changed_in);
    CREATE INDEX removed_faces_removed_at ON removed_faces (removed_at);

    CREATE FUNCTION note_changed_face() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.changed_in := pg_current_xact_id();
        RETURN NEW;
      END $$;
    CREATE TRIGGER note_changed_face BEFORE UPDATE ON templates
      FOR EACH ROW WHEN (NEW.kind = 'subject') EXECUTE FUNCTION note_changed_face();
    CREATE TRIGGER note_changed_face BEFORE UPDATE ON face_list_entries
      FOR EACH ROW EXECUTE FUNCTION note_changed_face();

    CREATE FUNCTION note_removed_faces() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO removed_faces (row_id)
          SELECT row_id FROM gone WHERE kind IN ('subject', 'blocklist', 'allowlist')
          ON CONFLICT DO NOTHING;
        RETURN NULL;
      END $$;
    CREATE TRIGGER note_removed_faces AFTER DELETE ON templates
      REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION note_removed_faces();
    CREATE TRIGGER note_removed_faces AFTER DELETE ON face_list_entries
      REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION note_removed_faces();

    CREATE VIEW searchable_faces AS
      SELECT row_id, changed_in, application_id, kind, owner AS subject, NULL::text AS list_id,
        NULL::text AS entry_id, session_id, key_id, key_version, pipeline_version, embedding_space, sealed
      FROM templates WHERE kind = 'subject'
      UNION ALL
      SELECT row_id, changed_in, application_id, kind, NULL, list_id,
        entry_id, session_id, key_id, key_version, pipeline_version, embedding_space, sealed
      FROM face_list_entries;
  `,
};
