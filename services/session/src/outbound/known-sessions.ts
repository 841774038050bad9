import type { KnownSession } from '../domain/features/known-session.ts';
import type { Queries } from './tables.ts';

/** What is known of an application's sessions, by id. Deleted and unknown ones are left out. */
export async function findKnownSessions(
  db: Queries,
  applicationId: string,
  ids: readonly string[],
): Promise<Map<string, KnownSession>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('sessions')
    .select(['id', 'session_number', 'vendor_data', 'status', 'api_service', 'status_changed_at'])
    .where('application_id', '=', applicationId)
    .where('id', 'in', [...ids])
    .where('deleted_at', 'is', null)
    .execute();
  return new Map(
    rows.map((row) => [
      row.id,
      {
        number: row.session_number,
        vendorData: row.vendor_data,
        status: row.status,
        apiService: row.api_service,
        verifiedAt: row.status_changed_at,
      },
    ]),
  );
}
