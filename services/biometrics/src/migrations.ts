import { busMigrations } from '@selfsame/bus/migrations';
import type { Migration } from '@selfsame/database/migrate';
import { httpMigrations } from '@selfsame/http/migrations';
import { keyMigrations } from '@selfsame/keys/migrations';
import { imageMigrations } from './images/migration.ts';
import { adaptationMigrations } from './migrations/adaptation-and-grants.ts';
import { erasureMigrations } from './migrations/erasure.ts';
import { grantMigrations } from './migrations/grants.ts';
import { faceSearchMigration } from './search/migration.ts';

const own: Migration[] = [
  {
    name: '0001-templates',
    up: `
      -- The key that everything below is sealed under, by name: another one would find and open nothing.
      CREATE TABLE biometric_key (
        singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
        key_id text NOT NULL
      );

      CREATE TABLE templates (
        application_id text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('subject', 'reference', 'candidate')),
        -- subject: keyed hash of vendor_data; reference and candidate: the session's id
        owner text NOT NULL,
        -- candidate: whose template it may become
        subject text,
        key_id text NOT NULL,
        pipeline_version text NOT NULL,
        embedding_space text NOT NULL,
        sealed bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        PRIMARY KEY (application_id, kind, owner),
        CHECK ((kind = 'candidate') = (subject IS NOT NULL)),
        CHECK ((kind = 'subject') = (expires_at IS NULL))
      );
      CREATE INDEX templates_expires_at ON templates (expires_at) WHERE expires_at IS NOT NULL;
      CREATE INDEX templates_subject ON templates (application_id, subject) WHERE subject IS NOT NULL;
    `,
  },
  {
    name: '0002-candidates-by-id',
    up: `
      -- A candidate's owner is its own id from now on. No verdict can name one of before.
      DELETE FROM templates WHERE kind = 'candidate';
      -- reference and candidate: the session it is bound to; subject: the session that enrolled it
      ALTER TABLE templates ADD COLUMN session_id text;
      UPDATE templates SET session_id = owner WHERE kind = 'reference';
      CREATE INDEX templates_session ON templates (application_id, session_id) WHERE session_id IS NOT NULL;

      -- How far the statuses of a session were followed, so that a late one undoes nothing.
      CREATE TABLE followed_sessions (
        application_id text NOT NULL,
        session_id text NOT NULL,
        sequence bigint NOT NULL,
        -- what a look that was under way leaves behind has to go
        deleted boolean NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (application_id, session_id)
      );
      CREATE INDEX followed_sessions_expires_at ON followed_sessions (expires_at);
    `,
  },
  {
    name: '0003-template-keys',
    up: `
      CREATE TABLE template_keys (
        application_id text NOT NULL,
        version integer NOT NULL CHECK (version > 0),
        -- active: protects what is new; retiring: still compares; revoked: nothing opens any more
        state text NOT NULL CHECK (state IN ('active', 'retiring', 'revoked')),
        -- of the derivation of the version's keys; its deletion is what revokes
        salt bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        retired_at timestamptz,
        revoked_at timestamptz,
        PRIMARY KEY (application_id, version),
        CHECK ((state = 'revoked') = (salt IS NULL)),
        CHECK ((state = 'revoked') = (revoked_at IS NOT NULL))
      );
      CREATE UNIQUE INDEX template_keys_active ON template_keys (application_id) WHERE state = 'active';
      CREATE INDEX template_keys_revoked ON template_keys (application_id, version) WHERE state = 'revoked';

      -- 0: an embedding that an earlier release sealed as it was. The service protects these while it runs.
      ALTER TABLE templates ADD COLUMN key_version integer NOT NULL DEFAULT 0;
      -- candidate: of a session that does not enrol; it renews a subject's template of a former key version, or nothing
      ALTER TABLE templates ADD COLUMN rekey boolean NOT NULL DEFAULT false;
      CREATE INDEX templates_plain ON templates (application_id, kind, owner) WHERE key_version = 0;
      -- Of a revoked version a subject's row stays without its content: who was enrolled may be renewed.
      CREATE INDEX templates_key_version ON templates (application_id, key_version) WHERE sealed <> ''::bytea;
    `,
  },
  faceSearchMigration,
  {
    name: '0005-compared-with',
    up: `
      -- candidate: created_at of the subject's template that it was compared with, so that it replaces no other unseen
      ALTER TABLE templates ADD COLUMN compared_with timestamptz;
    `,
  },
  {
    name: '0006-plain-templates-by-length',
    up: `
      -- Replicas of releases before key versions name none when they replace a template, and would leave the version of the
      -- one before on theirs. What they write is known by its length: nonce, tag and 256 floats.
      CREATE FUNCTION note_plain_template() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          NEW.key_version := 0;
          RETURN NEW;
        END $$;
      CREATE TRIGGER note_plain_template BEFORE INSERT OR UPDATE ON templates
        FOR EACH ROW WHEN (octet_length(NEW.sealed) = 12 + 16 + 4 * 256 AND NEW.key_version <> 0)
        EXECUTE FUNCTION note_plain_template();
      UPDATE templates SET key_version = 0 WHERE octet_length(sealed) = 12 + 16 + 4 * 256 AND key_version <> 0;
    `,
  },
];

/** The schema `biometrics`, oldest first. */
export const migrations: Migration[] = [
  ...busMigrations,
  ...httpMigrations,
  ...keyMigrations,
  ...own,
  ...adaptationMigrations,
  ...imageMigrations,
  ...erasureMigrations,
  ...grantMigrations,
];
