import type { Migration } from '@selfsame/database/migrate';

/** What was offered to whom, and what was made of it. */
export const shareMigrations: Migration[] = [
  {
    name: 'shares-0001-shares',
    up: `
      CREATE TABLE share_settings (
        application_id   uuid PRIMARY KEY,
        requires_consent boolean NOT NULL,
        changed_at       timestamptz NOT NULL DEFAULT now()
      );

      -- What only one application can open is sealed for its key. The private half is sealed under the keyring, and goes when no
      -- token is left that needs it.
      CREATE TABLE audience_keys (
        key_id         text PRIMARY KEY,
        application_id uuid NOT NULL,
        public_jwk     jsonb NOT NULL,
        sealed_private bytea,
        created_at     timestamptz NOT NULL DEFAULT now(),
        retired_at     timestamptz
      );
      CREATE UNIQUE INDEX audience_keys_current ON audience_keys (application_id) WHERE retired_at IS NULL;

      CREATE TABLE shares (
        share_id            uuid PRIMARY KEY,
        from_application_id uuid NOT NULL,
        for_application_id  uuid NOT NULL,
        -- As the sharing application called it; the name that it had.
        audience            text NOT NULL,
        audience_name       text NOT NULL,
        session_id          uuid NOT NULL,
        -- Of the session when it was shared; another one later means that it has changed since.
        session_sequence    bigint NOT NULL,
        session_kind        text NOT NULL CHECK (session_kind IN ('kyc', 'user')),
        purpose             text NOT NULL,
        scope               text NOT NULL,
        -- Absent where the application needs none.
        consent_id          uuid,
        user_pid            text NOT NULL,
        audience_key_id     text NOT NULL,
        -- Sealed under a key that is in the token and nowhere else. Gone as soon as nobody may open it any more.
        snapshot            bytea,
        created_at          timestamptz NOT NULL,
        expires_at          timestamptz NOT NULL,
        revoked_at          timestamptz,
        revoked_because     text CHECK (revoked_because IN ('application', 'consent_withdrawn', 'session_deleted', 'subject_erased')),
        imported_at         timestamptz,
        CHECK ((revoked_at IS NULL) = (revoked_because IS NULL))
      );
      CREATE INDEX shares_listed ON shares (from_application_id, created_at DESC, share_id DESC);
      CREATE INDEX shares_session ON shares (session_id);
      CREATE INDEX shares_subject ON shares (from_application_id, user_pid);
      CREATE INDEX shares_consent ON shares (consent_id) WHERE consent_id IS NOT NULL;
      CREATE INDEX shares_open ON shares (expires_at) WHERE snapshot IS NOT NULL;

      -- One session goes to one application once: the row is taken before the new session is made, and its id is the new session's.
      CREATE TABLE imports (
        import_id           uuid PRIMARY KEY,
        -- These two go when the subject is erased where it came from.
        share_id            uuid,
        from_session_id     uuid,
        from_application_id uuid NOT NULL,
        to_application_id   uuid NOT NULL,
        purpose             text NOT NULL,
        scope               text NOT NULL,
        workflow_ref        text NOT NULL,
        trust_review        boolean NOT NULL,
        -- Sealed: the importing application's name of the subject, until the import is done.
        vendor_data         bytea,
        -- Keyed digest of what was asked: whoever asks the same goes on with it.
        request             bytea NOT NULL,
        -- released: nothing came of it, and another share may be tried
        status              text NOT NULL CHECK (status IN ('pending', 'released', 'imported')),
        -- The subject's next look is compared with the sharer's template.
        granted             boolean NOT NULL DEFAULT false,
        reserved_at         timestamptz NOT NULL DEFAULT now(),
        imported_at         timestamptz,
        UNIQUE (from_session_id, to_application_id)
      );
      CREATE INDEX imports_listed ON imports (to_application_id, reserved_at DESC, import_id DESC);
      CREATE INDEX imports_share ON imports (share_id) WHERE share_id IS NOT NULL;
      CREATE INDEX imports_pending ON imports (reserved_at) WHERE status = 'pending';

      -- A refusal is on record once for each share, application and reason, however often it is tried.
      CREATE TABLE refused_imports (
        share_id       uuid NOT NULL REFERENCES shares ON DELETE CASCADE,
        application_id uuid NOT NULL,
        reason         text NOT NULL,
        refused_at     timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (share_id, application_id, reason)
      );`,
  },
];
