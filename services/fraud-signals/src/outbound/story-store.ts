import type { Queries } from './tables.ts';

const momentsMax = 1_000;

/** What was made of the moments of a session, oldest first. Facts and hashes stay where they are. */
export function listMoments(db: Queries, sessionId: string) {
  return db
    .selectFrom('assessments')
    .select([
      'id',
      'phase',
      'attempt_id',
      'score',
      'level',
      'reasons',
      'counts',
      'step_up',
      'failures',
      'blocked_by',
      'catalogue_version',
      'assessed_at',
      'raw_until',
    ])
    .where('session_id', '=', sessionId)
    .orderBy('phase')
    .orderBy('assessed_at', 'desc')
    .limit(momentsMax)
    .execute();
}

/** The visit as a whole; undefined when nothing was heard of it. */
export function findVisit(db: Queries, applicationId: string, sessionId: string) {
  return db
    .selectFrom('visits')
    .select([
      'phase',
      'is_proved',
      'came_at',
      'decided_at',
      'status',
      'is_approved',
      'erased_at',
      'raw_until',
    ])
    .where('application_id', '=', applicationId)
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
}

/** Whether the session taught its subject's device or network, and when. */
export async function findTaught(
  db: Queries,
  applicationId: string,
  sessionId: string,
): Promise<Date | null> {
  const rows = await Promise.all(
    (['known_devices', 'known_networks'] as const).map((table) =>
      db
        .selectFrom(table)
        .select('last_approved_at')
        .where('application_id', '=', applicationId)
        .where('session_id', '=', sessionId)
        .limit(1)
        .executeTakeFirst(),
    ),
  );
  return rows.find((row) => row !== undefined)?.last_approved_at ?? null;
}
