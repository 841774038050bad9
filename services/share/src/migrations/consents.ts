import type { Migration } from '@selfsame/database/migrate';

/** What people were asked and have answered. */
export const consentMigrations: Migration[] = [
  {
    name: 'consents-0001-consents',
    up: `
      CREATE TABLE consents (
        id               uuid PRIMARY KEY,
        application_id   uuid NOT NULL,
        -- As they were called when the person was asked.
        application_name text NOT NULL,
        session_id       uuid NOT NULL,
        -- Keyed hash of the subject; null for a session without one.
        subject_hash     bytea,
        user_pid         text NOT NULL,
        audience_id      uuid NOT NULL,
        -- As the application has called it, and its name.
        audience         text NOT NULL,
        audience_name    text NOT NULL,
        purpose          text NOT NULL,
        scope            text NOT NULL,
        -- Of the link; null where the application has asked itself.
        token_sha256     bytea UNIQUE CHECK (length(token_sha256) = 32),
        -- That it was answered in; until then, that the application asks for. Empty: the person's own, or nobody has said.
        language         text NOT NULL,
        -- Sealed: where the browser goes after the answer, and how the application wants its page.
        page             bytea,
        -- ended: was given, and the session is gone.
        state            text NOT NULL CHECK (state IN ('asked', 'given', 'refused', 'withdrawn', 'ended')),
        asked_at         timestamptz(3) NOT NULL DEFAULT now(),
        answer_by        timestamptz(3) NOT NULL,
        -- No share lives longer.
        valid_until      timestamptz(3) NOT NULL,
        answered_at      timestamptz(3),
        withdrawn_at     timestamptz(3),
        evidence_kind    text CHECK (evidence_kind IN ('selfie_device', 'device_signature', 'declared_by_application')),
        -- Sealed: what was shown, to whom, and the evidence that they were there.
        details          bytea
      );
      CREATE INDEX consents_session ON consents (application_id, session_id, asked_at);
      CREATE INDEX consents_subject ON consents (application_id, subject_hash);
      CREATE INDEX consents_pid ON consents (application_id, user_pid);
      CREATE INDEX consents_age ON consents (valid_until);
      CREATE INDEX consents_unanswered ON consents (answer_by) WHERE state IN ('asked', 'refused');

      -- The signed core of an answer. It outlives the consent, since whoever relies on one has to be able to show it, and names
      -- nobody: the subject by its pseudonym, the details by a salted digest.
      CREATE TABLE consent_records (
        consent_id     uuid NOT NULL,
        kind           text NOT NULL CHECK (kind IN ('given', 'withdrawn')),
        application_id uuid NOT NULL,
        jws            text NOT NULL,
        -- When the years begin to count.
        kept_from      timestamptz(3) NOT NULL,
        PRIMARY KEY (consent_id, kind)
      );
      CREATE INDEX consent_records_age ON consent_records (kept_from);`,
  },
];
