import type { Migration } from '@selfsame/database/migrate';

/** Grants that are of one session, and no better than the import that they come from. */
export const grantMigrations: Migration[] = [
  {
    name: 'grants-0001-one-session',
    up: `
      ALTER TABLE reference_grants
        -- the first session whose look was compared by it: no other one is
        ADD COLUMN used_session text,
        -- looks of that session
        ADD COLUMN compared integer NOT NULL DEFAULT 0,
        -- nothing is compared by it while the imported session (grant_id) waits for its approval
        ADD COLUMN held boolean NOT NULL DEFAULT false;

      -- What was decided about sessions that rest on no look, as imported ones do: a grant may come later than that.
      CREATE TABLE import_decisions (
        application_id text NOT NULL,
        session_id text NOT NULL,
        -- of the latest; Declined stays
        sequence bigint NOT NULL,
        status text NOT NULL CHECK (status IN ('Approved', 'In Review', 'Declined')),
        decided_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (application_id, session_id)
      );
      CREATE INDEX import_decisions_decided_at ON import_decisions (decided_at);
    `,
  },
];
