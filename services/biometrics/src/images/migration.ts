import type { Migration } from '@selfsame/database/migrate';

/** Pictures that applications want kept; their bytes lie sealed in an object store. */
export const imageMigrations: Migration[] = [
  {
    name: 'images-0001-kept-images',
    up: `
      CREATE TABLE kept_images (
        image_id       uuid PRIMARY KEY,
        application_id text NOT NULL,
        session_id     text NOT NULL,
        kind           text NOT NULL CHECK (kind IN ('live', 'reference')),
        content_type   text NOT NULL,
        -- storing: its object may be there or not; kept: it is; leaving: nobody gets it any more, and its object goes
        state          text NOT NULL CHECK (state IN ('storing', 'kept', 'leaving')),
        created_at     timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX kept_images_of_session ON kept_images (application_id, session_id);
      CREATE INDEX kept_images_unfinished ON kept_images (state, created_at) WHERE state <> 'kept';
    `,
  },
];
