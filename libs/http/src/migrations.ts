import type { Migration } from '@selfsame/database/migrate';

/** Tables of the rate limits and of idempotency; a service lists them before its own. */
export const httpMigrations: Migration[] = [
  {
    name: 'http-0001-rate-limits',
    // Unlogged: a crash of Postgres forgets a minute of counting, which harms nobody.
    up: `
      CREATE UNLOGGED TABLE http_rate_limits (
        bucket bytea PRIMARY KEY,
        minute bigint NOT NULL,
        previous integer NOT NULL,
        current integer NOT NULL,
        granted boolean NOT NULL
      );
      CREATE INDEX http_rate_limits_minute ON http_rate_limits (minute);`,
  },
  {
    name: 'http-0002-idempotency',
    // Neither column tells the API key, the idempotency key or the answer without the API key.
    up: `
      CREATE TABLE http_idempotency (
        scope bytea PRIMARY KEY,
        request bytea NOT NULL,
        holder uuid NOT NULL,
        started_at timestamptz NOT NULL,
        sealed_answer bytea
      );
      CREATE INDEX http_idempotency_started_at ON http_idempotency (started_at);`,
  },
];
