import type { Migration } from '@selfsame/database/migrate';

/** The log of shares that nobody can change. */
export const recordMigrations: Migration[] = [
  {
    name: 'records-0001-log',
    up: `
      -- One log for each application, without gaps from 1 on. What an entry says goes after years; its hash stays, and with it
      -- every proof that was given.
      CREATE TABLE records (
        application_id      uuid NOT NULL,
        sequence            bigint NOT NULL CHECK (sequence > 0),
        -- How the hashed bytes are made of the columns.
        format              smallint NOT NULL,
        at                  timestamptz(3),
        kind                text,
        user_pid            text,
        from_application_id uuid,
        audience_id         uuid,
        audience            text,
        audience_name       text,
        purpose             text,
        scope               text,
        share_id            uuid,
        consent_id          uuid,
        expires_at          timestamptz(3),
        import_status       text,
        note                text,
        document_sha256     bytea,
        -- Random: when it has gone with what the entry said, nobody can try out what the hash was of.
        salt                bytea CHECK (length(salt) = 16),
        -- When the years begin to count: the entry's time, or the end of what it allows.
        kept_from           timestamptz(3) NOT NULL,
        -- Leaf of the tree, RFC 9162 section 2.1.1.
        hash                bytea NOT NULL CHECK (length(hash) = 32),
        -- The signed head of the tree that ends with this entry.
        head                text NOT NULL,
        PRIMARY KEY (application_id, sequence)
      );
      CREATE INDEX records_subject ON records (application_id, user_pid, sequence);
      CREATE INDEX records_audience ON records (application_id, audience_id, sequence);
      CREATE INDEX records_age ON records (kept_from) WHERE salt IS NOT NULL;

      -- Complete subtrees: position * 2^level is the first of the 2^level leaves below.
      CREATE TABLE record_nodes (
        application_id uuid NOT NULL,
        level          smallint NOT NULL CHECK (level >= 0),
        position       bigint NOT NULL CHECK (position >= 0),
        hash           bytea NOT NULL CHECK (length(hash) = 32),
        PRIMARY KEY (application_id, level, position)
      );

      -- Not even this service can change what is written. It can let go of what an entry says, after a year at the earliest.
      CREATE FUNCTION keep_records() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'records' THEN
          IF OLD.kept_from < now() - interval '365 days'
            AND ROW(NEW.application_id, NEW.sequence, NEW.format, NEW.kept_from, NEW.hash, NEW.head)
              IS NOT DISTINCT FROM ROW(OLD.application_id, OLD.sequence, OLD.format, OLD.kept_from, OLD.hash, OLD.head)
            AND num_nonnulls(NEW.at, NEW.kind, NEW.user_pid, NEW.from_application_id, NEW.audience_id, NEW.audience,
              NEW.audience_name, NEW.purpose, NEW.scope, NEW.share_id, NEW.consent_id, NEW.expires_at, NEW.import_status,
              NEW.note, NEW.document_sha256, NEW.salt) = 0
          THEN
            RETURN NEW;
          END IF;
        END IF;
        RAISE EXCEPTION 'the record of shares is append-only' USING ERRCODE = 'insufficient_privilege';
      END $$;
      CREATE TRIGGER records_kept BEFORE UPDATE OR DELETE ON records FOR EACH ROW EXECUTE FUNCTION keep_records();
      CREATE TRIGGER records_not_emptied BEFORE TRUNCATE ON records FOR EACH STATEMENT EXECUTE FUNCTION keep_records();
      CREATE TRIGGER record_nodes_kept BEFORE UPDATE OR DELETE ON record_nodes
        FOR EACH ROW EXECUTE FUNCTION keep_records();
      CREATE TRIGGER record_nodes_not_emptied BEFORE TRUNCATE ON record_nodes
        FOR EACH STATEMENT EXECUTE FUNCTION keep_records();`,
  },
];
