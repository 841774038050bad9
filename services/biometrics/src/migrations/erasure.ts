import type { Migration } from '@selfsame/database/migrate';

/** People who are erased, until the last of their pictures has gone. */
export const erasureMigrations: Migration[] = [
  {
    name: 'erasure-0001-waiting',
    up: `
      -- Confirmations that wait for objects to be removed: whoever is told that pictures are gone can rely on it.
      CREATE TABLE waiting_erasures (
        erasure_id     text PRIMARY KEY,
        application_id text NOT NULL,
        session_ids    text[] NOT NULL,
        -- the event, as it will be told
        confirmation   bytea NOT NULL
      );
    `,
  },
];
