import { busMigrations } from '@selfsame/bus/migrations';
import type { Migration } from '@selfsame/database/migrate';

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
];

/** The schema `biometrics`, oldest first. */
export const migrations: Migration[] = [...busMigrations, ...own];
