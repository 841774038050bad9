/** Of migrations.ts: lists, counts and searches of applications with millions of sessions. */
export const sessionLists = `
-- A page and its count by one filter, read in the index alone.
CREATE INDEX sessions_by_status ON sessions (application_id, status, session_number) WHERE deleted_at IS NULL;
CREATE INDEX sessions_by_workflow ON sessions (application_id, workflow_id, session_number)
  WHERE deleted_at IS NULL AND workflow_id IS NOT NULL;
CREATE INDEX sessions_by_time ON sessions (application_id, created_at, session_number) WHERE deleted_at IS NULL;
-- Most sessions are hosted: only the others are worth an index.
CREATE INDEX sessions_by_type ON sessions (application_id, session_type, session_number)
  WHERE deleted_at IS NULL AND session_type <> 'HOSTED';

-- Numbers have no gaps: what is not in here is living, so that nobody has to count that.
CREATE INDEX sessions_deleted ON sessions (application_id, session_number) WHERE deleted_at IS NOT NULL;

-- Beginnings of e-mail addresses and names, in any case.
CREATE INDEX sessions_by_email ON sessions (application_id, lower(contact_details ->> 'email') text_pattern_ops)
  WHERE deleted_at IS NULL AND contact_details IS NOT NULL;
CREATE INDEX sessions_by_first_name ON sessions (application_id, lower(expected_details ->> 'first_name') text_pattern_ops)
  WHERE deleted_at IS NULL AND expected_details IS NOT NULL;
CREATE INDEX sessions_by_last_name ON sessions (application_id, lower(expected_details ->> 'last_name') text_pattern_ops)
  WHERE deleted_at IS NULL AND expected_details IS NOT NULL;
CREATE INDEX sessions_by_full_name ON sessions (
    application_id,
    lower((expected_details ->> 'first_name') || ' ' || (expected_details ->> 'last_name')) text_pattern_ops
  ) WHERE deleted_at IS NULL AND expected_details IS NOT NULL;

-- Few sessions have a warning.
CREATE INDEX sessions_by_risk ON sessions
  USING gin (jsonb_path_query_array(reports, '$[*].warnings[*].risk'))
  WHERE deleted_at IS NULL AND jsonb_path_exists(reports, '$[*].warnings[*]');
`;
