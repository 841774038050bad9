/** Of migrations.ts: who changed something, and who read something about a person. */
export const auditLog = `
CREATE TABLE audit_log (
  -- Of the event; made here for this service's own calls.
  id             uuid PRIMARY KEY,
  application_id uuid NOT NULL REFERENCES applications,
  occurred_at    timestamptz NOT NULL,
  service        text NOT NULL,
  actor_type     text NOT NULL CHECK (actor_type IN ('API_KEY', 'OPERATOR')),
  -- Id of the API key, or the operator's login.
  actor          text NOT NULL,
  method         text NOT NULL,
  -- Ids of objects are in it, names of people and secrets never are.
  path           text NOT NULL,
  -- null: a command answers with none
  status         integer,
  ip_address     inet,
  request_id     text NOT NULL
);
CREATE INDEX audit_log_of_application ON audit_log (application_id, occurred_at DESC, id DESC);
CREATE INDEX audit_log_by_age ON audit_log (occurred_at);

-- Said the same in fewer words, and nobody read it. Replicas of the release before go on writing it until they are replaced.
COMMENT ON TABLE api_changes IS 'not written any more; see audit_log';
`;
