/** Of migrations.ts: applications that belong together, sessions that come from another application, and what costs something. */
export const organizationsAndImports = `
CREATE TABLE organizations (
  id         uuid PRIMARY KEY,
  slug       text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- So far every application stands alone.
INSERT INTO organizations (id, slug) SELECT gen_random_uuid(), slug FROM applications;
ALTER TABLE applications ADD COLUMN organization_id uuid REFERENCES organizations;
UPDATE applications AS a SET organization_id = o.id FROM organizations AS o WHERE o.slug = a.slug;
ALTER TABLE applications ALTER COLUMN organization_id SET NOT NULL;
CREATE INDEX applications_by_organization ON applications (organization_id);

ALTER TABLE sessions
  -- Whose enrolled face it is compared with; null: this application's own, or none.
  ADD COLUMN reference_application_id uuid REFERENCES applications,
  -- Where an imported session comes from; null once it is deleted.
  ADD COLUMN shared_from jsonb,
  DROP CONSTRAINT sessions_are_hosted_or_calls,
  ADD CONSTRAINT sessions_are_of_a_type CHECK (
    (session_type IN ('HOSTED', 'IMPORTED') AND api_service IS NULL
      AND workflow_id IS NOT NULL AND workflow_version_id IS NOT NULL AND workflow_version IS NOT NULL)
    OR (session_type = 'API' AND api_service IS NOT NULL)
  );

-- What finished sessions cost: one row each, which outlives its session and names nobody.
CREATE TABLE usage (
  session_id     uuid PRIMARY KEY,
  application_id uuid NOT NULL REFERENCES applications,
  item           text NOT NULL,
  -- Millionths of a US dollar, as the price was then.
  price_micros   bigint NOT NULL CHECK (price_micros >= 0),
  used_at        timestamptz NOT NULL
);
CREATE INDEX usage_by_time ON usage (application_id, used_at);
`;
