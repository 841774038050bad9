/** Of migrations.ts: how long sessions stay, and how people go. */
export const retentionAndErasure = `
ALTER TABLE applications
  -- Of sessions, after they last entered a status; null: for ever.
  ADD COLUMN retention_days integer CHECK (retention_days BETWEEN 30 AND 3650),
  -- Pictures of faces are kept, sealed, as long as their sessions.
  ADD COLUMN retain_images boolean NOT NULL DEFAULT false,
  -- Every session up to this number is being deleted; null: nothing is.
  ADD COLUMN deleting_through bigint;

CREATE INDEX sessions_living ON sessions (application_id, session_number) WHERE deleted_at IS NULL;

-- What the retention of an application has deleted on a day (UTC); replicas add to it.
CREATE TABLE retention_runs (
  application_id uuid NOT NULL REFERENCES applications,
  day            date NOT NULL,
  hosted         integer NOT NULL,
  api            integer NOT NULL,
  imported       integer NOT NULL,
  -- When the oldest of them was created.
  oldest         timestamptz NOT NULL,
  PRIMARY KEY (application_id, day)
);

-- Faces that an application wants forgotten some time after it has deleted the session.
CREATE TABLE face_retentions (
  application_id uuid NOT NULL REFERENCES applications,
  vendor_data    text NOT NULL,
  asked_at       timestamptz NOT NULL,
  forget_at      timestamptz NOT NULL,
  PRIMARY KEY (application_id, vendor_data)
);
CREATE INDEX face_retentions_due ON face_retentions (forget_at);

-- People who are erased, and who were. deleting: sessions are left here; told: the other services erase; confirmed: all
-- have; erased: there is a certificate.
CREATE TABLE erasures (
  id             uuid PRIMARY KEY,
  application_id uuid NOT NULL REFERENCES applications,
  state          text NOT NULL CHECK (state IN ('deleting', 'told', 'confirmed', 'erased')),
  -- The pseudonym under which the certificate names the person.
  user_pid       text NOT NULL,
  -- Null for a session without one, and once the other services have been told.
  vendor_data    text,
  -- Sessions up to this number are this person's; whoever comes under the same name later is somebody new.
  through_number bigint NOT NULL,
  -- Those that are told to the other services; empty once there is a certificate.
  session_ids    uuid[] NOT NULL DEFAULT '{}',
  removed        jsonb NOT NULL DEFAULT '{}',
  -- The application's own name for its instruction.
  instruction_id text,
  requested_at   timestamptz NOT NULL,
  told_at        timestamptz,
  erased_at      timestamptz,
  -- A signed text, compact JWS.
  certificate    text,
  CHECK ((state = 'erased') = (certificate IS NOT NULL))
);
CREATE UNIQUE INDEX erasures_pending ON erasures (application_id, user_pid) WHERE state <> 'erased';
CREATE INDEX erasures_at_work ON erasures (requested_at) WHERE state IN ('deleting', 'confirmed');

CREATE TABLE erasure_confirmations (
  erasure_id   uuid NOT NULL REFERENCES erasures,
  service      text NOT NULL,
  -- [{kind, count}] and [{kind, count, reason, until}]
  removed      jsonb NOT NULL,
  kept         jsonb NOT NULL,
  confirmed_at timestamptz NOT NULL,
  PRIMARY KEY (erasure_id, service)
);

-- P-256. The private half is sealed by the keyring; the oldest one signs.
CREATE TABLE certificate_keys (
  kid            text PRIMARY KEY,
  public_jwk     jsonb NOT NULL,
  sealed_private bytea NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT now()
);
`;
