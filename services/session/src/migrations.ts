import { busMigrations } from '@selfsame/bus/migrations';
import type { Migration } from '@selfsame/database/migrate';
import { httpMigrations } from '@selfsame/http/migrations';
import { keyMigrations } from '@selfsame/keys/migrations';
import { auditLog } from './migrations/audit-log.ts';
import { openSessions } from './migrations/open-sessions.ts';
import { organizationsAndImports } from './migrations/organizations-and-imports.ts';
import { retentionAndErasure } from './migrations/retention-and-erasure.ts';
import { sessionLists } from './migrations/session-lists.ts';

const applications = `
CREATE TABLE applications (
  id                  uuid PRIMARY KEY,
  slug                text NOT NULL UNIQUE,
  name                text NOT NULL,
  environment         text NOT NULL CHECK (environment IN ('live', 'sandbox')),
  -- Never produce Not Finished; leaving is Abandoned.
  strict_statuses     boolean NOT NULL DEFAULT false,
  -- Counted up in the transaction that creates a session, so that numbers have no gaps.
  last_session_number bigint NOT NULL DEFAULT 0,
  created_at          timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
  id             uuid PRIMARY KEY,
  application_id uuid NOT NULL REFERENCES applications,
  key_sha256     bytea NOT NULL UNIQUE,
  created_at     timestamptz NOT NULL DEFAULT now(),
  revoked_at     timestamptz
);

-- What applications have changed through the API; rows are only ever added.
CREATE TABLE api_changes (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  application_id uuid NOT NULL REFERENCES applications,
  api_key_id     uuid NOT NULL,
  action         text NOT NULL,
  object_id      uuid NOT NULL,
  changed_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX api_changes_by_application ON api_changes (application_id, id);
`;

const workflows = `
CREATE TABLE workflows (
  -- Equals the id of version 1.
  id             uuid PRIMARY KEY,
  application_id uuid NOT NULL REFERENCES applications,
  slug           text,
  is_default     boolean NOT NULL DEFAULT false,
  created_at     timestamptz NOT NULL DEFAULT now(),
  deleted_at     timestamptz
);
CREATE UNIQUE INDEX workflows_by_slug ON workflows (application_id, slug) WHERE deleted_at IS NULL;
CREATE INDEX workflows_by_application ON workflows (application_id, created_at) WHERE deleted_at IS NULL;

-- Never changed: an edit in place points its version at a new row, and sessions keep the row they were created with.
CREATE TABLE workflow_definitions (
  id         uuid PRIMARY KEY,
  definition jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE workflow_versions (
  id            uuid PRIMARY KEY,
  workflow_id   uuid NOT NULL REFERENCES workflows,
  version       integer NOT NULL,
  status        text NOT NULL CHECK (status IN ('draft', 'published')),
  definition_id uuid NOT NULL REFERENCES workflow_definitions,
  created_by    text NOT NULL,
  updated_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (workflow_id, version)
);
`;

const sessions = `
CREATE TABLE sessions (
  id                  uuid PRIMARY KEY,
  application_id      uuid NOT NULL REFERENCES applications,
  session_number      bigint NOT NULL,
  -- Of the token in the session's link; the token itself is derived and stored nowhere.
  token_sha256        bytea NOT NULL UNIQUE,
  workflow_id         uuid NOT NULL REFERENCES workflows,
  workflow_version_id uuid NOT NULL REFERENCES workflow_versions,
  workflow_version    integer NOT NULL,
  definition_id       uuid NOT NULL REFERENCES workflow_definitions,
  status              text NOT NULL,
  -- Looks granted since creation or resubmission.
  attempts            uuid[] NOT NULL DEFAULT '{}',
  -- Events so far.
  sequence            bigint NOT NULL,
  enrols              boolean NOT NULL,
  has_portrait        boolean NOT NULL,
  vendor_data         text,
  callback            text,
  callback_method     text NOT NULL,
  -- json, not jsonb: echoed as it came.
  metadata            json,
  language            text,
  contact_details     json,
  expected_details    json,
  -- One report per step; null until a step has run.
  reports             jsonb,
  created_at          timestamptz NOT NULL,
  status_changed_at   timestamptz NOT NULL,
  expires_at          timestamptz NOT NULL,
  deleted_at          timestamptz,
  UNIQUE (application_id, session_number)
);
CREATE INDEX sessions_by_subject ON sessions (application_id, vendor_data, session_number DESC)
  WHERE vendor_data IS NOT NULL;
CREATE INDEX sessions_due ON sessions (expires_at)
  WHERE deleted_at IS NULL
    AND status IN ('Not Started', 'In Progress', 'Awaiting User', 'Resubmitted', 'Not Finished');

-- What each look found: scores and facts, never a picture.
CREATE TABLE attempts (
  session_id uuid NOT NULL REFERENCES sessions,
  attempt_id uuid NOT NULL,
  granted_at timestamptz NOT NULL,
  evidence   jsonb,
  verdict    text,
  judged_at  timestamptz,
  PRIMARY KEY (session_id, attempt_id)
);

CREATE TABLE reviews (
  id              uuid PRIMARY KEY,
  session_id      uuid NOT NULL REFERENCES sessions,
  activity_type   text NOT NULL,
  actor_type      text NOT NULL,
  actor           text NOT NULL,
  previous_status text,
  new_status      text,
  comment         text,
  metadata        jsonb,
  created_at      timestamptz NOT NULL
);
CREATE INDEX reviews_by_session ON reviews (session_id, created_at);
`;

const candidates = `
-- Names the face kept of the look that the reports rest on; biometrics enrols that one.
ALTER TABLE sessions ADD COLUMN candidate_id text;
`;

const lockouts = `
-- Failed looks of a subject, a device or a network, and the lock that follows. Keys are digests under the token key.
CREATE TABLE lockouts (
  application_id uuid NOT NULL REFERENCES applications,
  kind           text NOT NULL CHECK (kind IN ('subject', 'device', 'network')),
  key_sha256     bytea NOT NULL CHECK (octet_length(key_sha256) = 32),
  -- Oldest first; never more than lead to a lock.
  failures       timestamptz[] NOT NULL,
  locked_until   timestamptz,
  -- From then on the row says nothing any more and is swept.
  expires_at     timestamptz NOT NULL,
  PRIMARY KEY (application_id, kind, key_sha256)
);
CREATE INDEX lockouts_by_expiry ON lockouts (expires_at);

-- Where a look comes from, until it is judged: digests under the token key.
ALTER TABLE attempts ADD COLUMN device_sha256 bytea, ADD COLUMN network_sha256 bytea;
`;

const apiSessions = `
-- Sessions that a standalone call made rest on no workflow: their definition is the call's own.
ALTER TABLE sessions
  ADD COLUMN session_type text NOT NULL DEFAULT 'HOSTED',
  -- Which call; null for hosted sessions.
  ADD COLUMN api_service text,
  ALTER COLUMN workflow_id DROP NOT NULL,
  ALTER COLUMN workflow_version_id DROP NOT NULL,
  ALTER COLUMN workflow_version DROP NOT NULL,
  ADD CONSTRAINT sessions_are_hosted_or_calls CHECK (
    (session_type = 'HOSTED' AND api_service IS NULL
      AND workflow_id IS NOT NULL AND workflow_version_id IS NOT NULL AND workflow_version IS NOT NULL)
    OR (session_type = 'API' AND api_service IS NOT NULL)
  );
`;

const voidAttempts = `
-- Looks that lead to no verdict any more: their ids grant nothing again.
ALTER TABLE sessions ADD COLUMN void_attempts uuid[] NOT NULL DEFAULT '{}';
`;

const challenges = `
-- What looks have to answer. Nonces are derived under the token key and stored nowhere.
CREATE TABLE challenges (
  session_id      uuid NOT NULL REFERENCES sessions,
  attempt_id      uuid NOT NULL,
  method          text NOT NULL CHECK (method IN ('PASSIVE', 'FLASHING', 'ACTIVE_3D')),
  plan            jsonb NOT NULL,
  drawn_at        timestamptz NOT NULL,
  issued_at       timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  used_at         timestamptz,
  -- Of the pictures that answered it: no others do.
  pictures_sha256 bytea,
  -- From then on the row is of no use and is swept.
  kept_until      timestamptz NOT NULL,
  PRIMARY KEY (session_id, attempt_id, method)
);
CREATE INDEX challenges_by_end ON challenges (kept_until);

-- When, oldest first: as far back as they limit what is issued and drawn next.
ALTER TABLE sessions
  ADD COLUMN challenges_issued timestamptz[] NOT NULL DEFAULT '{}',
  ADD COLUMN challenges_drawn timestamptz[] NOT NULL DEFAULT '{}';

ALTER TABLE attempts
  -- Of the challenge that the latest grant answered; null: of none.
  ADD COLUMN method text CHECK (method IN ('PASSIVE', 'FLASHING', 'ACTIVE_3D')),
  -- Of the pictures of the latest grant; null when nobody told.
  ADD COLUMN pictures_sha256 bytea,
  -- When it was counted as a failure, because another look began before it had led to a verdict.
  ADD COLUMN counted_at timestamptz;

-- Nothing acted on is_desktop_allowed so far, and every computer was let in, whatever a workflow said: it stays that way
-- until somebody says otherwise. Also for sessions that keep the settings of before an edit; recorded calls have no page.
UPDATE workflow_definitions SET definition = jsonb_set(definition, '{is_desktop_allowed}', 'true')
WHERE definition -> 'is_desktop_allowed' IS DISTINCT FROM 'true' AND id IN (
  SELECT definition_id FROM workflow_versions
  UNION
  SELECT definition_id FROM sessions WHERE workflow_id IS NOT NULL
);
`;

const customizations = `
-- Logos, icons and fonts of applications: public files, and never a picture of a user. Named by their content, so several
-- applications may share one; rows are never changed.
CREATE TABLE brand_files (
  name       text PRIMARY KEY CHECK (name ~ '^[0-9a-f]{64}\\.(png|jpg|webp|ico|woff2)$'),
  bytes      bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
-- All of these formats are compressed.
ALTER TABLE brand_files ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- What an application has said of its hosted page; settings that it has not made are absent.
CREATE TABLE customizations (
  application_id   uuid PRIMARY KEY REFERENCES applications,
  settings         jsonb NOT NULL,
  logo_square      text REFERENCES brand_files,
  logo_rectangular text REFERENCES brand_files,
  favicon          text REFERENCES brand_files,
  font             text REFERENCES brand_files,
  updated_at       timestamptz NOT NULL
);
`;

const adaptive = `
ALTER TABLE sessions
  -- What the creation of the session changed of its workflow's step-up.
  ADD COLUMN adaptive jsonb,
  -- What its openings led to: the strictest method so far, the rule, why.
  ADD COLUMN step_up jsonb,
  -- Our name for the device that proved itself at the look that the reports rest on.
  ADD COLUMN device_name text;
`;

const blocklists = `
-- As the latest assessment of one of its visits said: without an assessment nobody is on record as not blocked.
ALTER TABLE applications ADD COLUMN has_blocklists boolean NOT NULL DEFAULT false;
`;

/** Every migration of this service's schema, those of the libs first. */
export const migrations: readonly Migration[] = [
  ...busMigrations,
  ...httpMigrations,
  ...keyMigrations,
  { name: '0001-applications', up: applications },
  { name: '0002-workflows', up: workflows },
  { name: '0003-sessions', up: sessions },
  { name: '0004-candidates', up: candidates },
  { name: '0005-lockouts', up: lockouts },
  { name: '0006-api-sessions', up: apiSessions },
  { name: '0007-void-attempts', up: voidAttempts },
  { name: '0008-challenges', up: challenges },
  { name: '0009-customizations', up: customizations },
  { name: '0010-adaptive', up: adaptive },
  { name: '0011-blocklists', up: blocklists },
  { name: '0012-organizations-and-imports', up: organizationsAndImports },
  { name: '0013-retention-and-erasure', up: retentionAndErasure },
  { name: '0014-audit-log', up: auditLog },
  { name: '0015-open-sessions', up: openSessions },
  { name: '0016-session-lists', up: sessionLists },
];
