import type { Migration } from '@selfsame/database/migrate';

/** The data keys of a service lie in its own schema; a service lists these before its own. */
export const keyMigrations: Migration[] = [
  {
    name: 'keys-0001-data-keys',
    up: `
      -- What a service seals its data under, itself sealed by a key that is not in any database.
      CREATE TABLE data_keys (
        purpose              text NOT NULL,
        version              integer NOT NULL CHECK (version > 0),
        -- Which provider can unseal it, and which version of the provider's key sealed it.
        provider             text NOT NULL,
        provider_key_version text NOT NULL,
        wrapped              bytea NOT NULL,
        created_at           timestamptz NOT NULL DEFAULT now(),
        rewrapped_at         timestamptz,
        PRIMARY KEY (purpose, version)
      );`,
  },
];
