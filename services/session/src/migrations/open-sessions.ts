/** Of migrations.ts: counting what is open reads this alone, however many sessions there are. */
export const openSessions = `
CREATE INDEX sessions_open ON sessions (status)
  WHERE deleted_at IS NULL
    AND status IN ('Not Started', 'In Progress', 'Awaiting User', 'Resubmitted', 'Not Finished', 'In Review');
`;
