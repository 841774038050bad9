import type { Migration } from '@selfsame/database/migrate';

export const assessmentMigrations: Migration[] = [
  {
    name: 'assessments-0001-records',
    up: `
      -- What was made of one moment of a session. facts and rules hold everything that the score and the step-up came from, so
      -- that they can be computed again from this row alone; they are erased when raw_until has passed. The rest says nothing
      -- that points at a person.
      CREATE TABLE assessments (
        id                uuid PRIMARY KEY,
        application_id    uuid NOT NULL,
        session_id        uuid NOT NULL,
        attempt_id        text,
        phase             text NOT NULL CHECK (phase IN ('CREATION', 'OPENING', 'CAPTURE')),
        -- Keyed hashes; null where there was none. They tell whether a later moment of the session looks alike, and find what
        -- is to be erased with a person.
        subject_hash      bytea,
        address_hash      bytea,
        device_hash       bytea,
        facts             jsonb,
        rules             jsonb NOT NULL,
        score             double precision NOT NULL,
        level             text NOT NULL CHECK (level IN ('LOW', 'MEDIUM', 'HIGH')),
        reasons           jsonb NOT NULL,
        counts            jsonb NOT NULL,
        step_up           jsonb,
        failures          text[] NOT NULL,
        catalogue_version text NOT NULL,
        assessed_at       timestamptz NOT NULL,
        raw_until         timestamptz NOT NULL
      );
      CREATE INDEX assessments_session ON assessments (session_id, phase, assessed_at DESC);
      CREATE INDEX assessments_subject ON assessments (subject_hash) WHERE subject_hash IS NOT NULL;
      CREATE INDEX assessments_raw ON assessments (raw_until) WHERE facts IS NOT NULL;
      CREATE INDEX assessments_age ON assessments (assessed_at);

      -- Sessions that were deleted, so that what was on its way meanwhile is not kept.
      CREATE TABLE erased_sessions (
        session_id uuid PRIMARY KEY,
        erased_at  timestamptz NOT NULL DEFAULT now()
      );`,
  },
  {
    name: 'assessments-0002-blocked-by',
    up: `
      -- Entries of blocklists that the visit was on. Later visits of the session are on them, too.
      ALTER TABLE assessments ADD COLUMN blocked_by uuid[] NOT NULL DEFAULT '{}';`,
  },
];
