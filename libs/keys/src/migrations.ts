import type { Migration } from '@selfsame/database/migrate';

/** The data keys of a service, and those it signs with, lie in its own schema; a service lists these before its own. */
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
  {
    name: 'keys-0002-signing-keys',
    up: `
      -- What the service says to others is signed (ES256) by the one that is not retired. Former ones stay for as long as what they
      -- have signed is checked; their private halves, sealed under the keyring, go after an hour.
      CREATE TABLE signing_keys (
        key_id         text PRIMARY KEY,
        public_jwk     jsonb NOT NULL,
        sealed_private bytea,
        created_at     timestamptz NOT NULL DEFAULT now(),
        retired_at     timestamptz
      );
      CREATE UNIQUE INDEX signing_keys_current ON signing_keys ((true)) WHERE retired_at IS NULL;`,
  },
];
