import type { Migration } from '@selfsame/database/migrate';

export const assessmentMigrations: Migration[] = [
  {
    name: '0001-assessments',
    up: `
      -- What was made of one moment of a session. Facts hold everything that the score came from, so that it can be computed
      -- again from this row alone; they are erased when raw_until has passed.
      CREATE TABLE assessments (
        id                uuid PRIMARY KEY,
        application_id    uuid NOT NULL,
        session_id        uuid NOT NULL,
        attempt_id        text,
        phase             text NOT NULL CHECK (phase IN ('CREATION', 'OPENING', 'CAPTURE')),
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
      -- The opening of a session, and all that is of it when it is erased.
      CREATE INDEX assessments_session ON assessments (session_id, phase, assessed_at DESC);
      CREATE INDEX assessments_raw ON assessments (raw_until) WHERE facts IS NOT NULL;
      CREATE INDEX assessments_age ON assessments (assessed_at);`,
  },
];
