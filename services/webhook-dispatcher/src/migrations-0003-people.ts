import type { Migration } from '@selfsame/database/migrate';

/** What the owners of destinations ask for. */
export const people: Migration = {
  name: '0003-people',
  up: `
    -- Beside data_retention_months, for bodies and answers alone; the stricter of the two holds.
    ALTER TABLE applications ADD COLUMN body_retention_days integer CHECK (body_retention_days BETWEEN 1 AND 3650);

    -- Failures are looked for among many attempts that went well. The condition is isFailure in src/outbound/attempt-kinds.ts.
    CREATE INDEX attempts_failed ON attempts (destination_id, position)
      WHERE response_status IS NULL OR response_status < 200 OR response_status >= 300;
  `,
};
