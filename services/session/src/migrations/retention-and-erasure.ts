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
  -- Sessions behind the first number, and up to the second, are this person's; those before belong to an erasure that was
  -- under way already, and whoever comes under the same name later is somebody new.
  after_number   bigint NOT NULL,
  through_number bigint NOT NULL,
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
CREATE INDEX erasures_pending ON erasures (application_id, user_pid, through_number) WHERE state <> 'erased';
CREATE INDEX erasures_of_application ON erasures (application_id, requested_at);
CREATE INDEX erasures_at_work ON erasures (requested_at) WHERE state IN ('deleting', 'confirmed');

-- Sessions that went with a person; none once there is a certificate.
CREATE TABLE erasure_sessions (
  erasure_id uuid NOT NULL REFERENCES erasures,
  session_id uuid NOT NULL,
  -- The other services hear of it by subject.erased; of the rest by session.deleted.
  in_event   boolean NOT NULL,
  PRIMARY KEY (erasure_id, session_id)
);

CREATE TABLE erasure_confirmations (
  erasure_id   uuid NOT NULL REFERENCES erasures,
  service      text NOT NULL,
  -- [{kind, count}] and [{kind, count, reason, until}]
  removed      jsonb NOT NULL,
  kept         jsonb NOT NULL,
  confirmed_at timestamptz NOT NULL,
  PRIMARY KEY (erasure_id, service)
);
`;
