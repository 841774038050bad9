import { sql } from 'kysely';
import type { Queries } from './tables.ts';

/** undefined where the application has set nothing. */
export async function findRequiresConsent(db: Queries, applicationId: string): Promise<boolean | undefined> {
  const row = await db
    .selectFrom('share_settings')
    .select('requires_consent')
    .where('application_id', '=', applicationId)
    .executeTakeFirst();
  return row?.requires_consent;
}

export async function saveRequiresConsent(
  db: Queries,
  applicationId: string,
  requiresConsent: boolean,
): Promise<void> {
  await db
    .insertInto('share_settings')
    .values({ application_id: applicationId, requires_consent: requiresConsent })
    .onConflict((conflict) =>
      conflict
        .column('application_id')
        .doUpdateSet({ requires_consent: requiresConsent, changed_at: sql<Date>`now()` }),
    )
    .execute();
}
