import type { Queries } from './tables.ts';

/** Deletes all that was made of these sessions. */
export async function forgetAssessments(
  db: Queries,
  applicationId: string,
  sessionIds: readonly string[],
): Promise<void> {
  if (sessionIds.length === 0) return;
  await db
    .deleteFrom('assessments')
    .where('application_id', '=', applicationId)
    .where('session_id', 'in', sessionIds)
    .execute();
}
