import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** Settings of the legacy endpoint that belong to the application. */
export interface ApplicationSettings {
  captureMethod: 'mobile' | 'desktop' | 'both';
  /** Null keeps what is stored without limit. */
  dataRetentionMonths: number | null;
  /** The same, finer, for what was sent and answered; the stricter of the two holds. */
  bodyRetentionDays: number | null;
}

/** Settings of an application, the defaults when it never set any. */
export async function readSettingsOf(
  db: Kysely<Tables>,
  applicationId: string,
): Promise<ApplicationSettings> {
  const row = await db
    .selectFrom('applications')
    .selectAll()
    .where('application_id', '=', applicationId)
    .executeTakeFirst();
  return {
    captureMethod: row?.capture_method ?? 'both',
    dataRetentionMonths: row?.data_retention_months ?? null,
    bodyRetentionDays: row?.body_retention_days ?? null,
  };
}

/** Changes the settings that are given. */
export async function saveSettingsOf(
  db: Kysely<Tables>,
  applicationId: string,
  settings: Partial<ApplicationSettings>,
): Promise<void> {
  const { captureMethod, dataRetentionMonths, bodyRetentionDays } = settings;
  const row = {
    ...(captureMethod === undefined ? {} : { capture_method: captureMethod }),
    ...(dataRetentionMonths === undefined ? {} : { data_retention_months: dataRetentionMonths }),
    ...(bodyRetentionDays === undefined ? {} : { body_retention_days: bodyRetentionDays }),
  };
  if (Object.keys(row).length === 0) return;
  await db
    .insertInto('applications')
    .values({ application_id: applicationId, ...row })
    .onConflict((conflict) => conflict.column('application_id').doUpdateSet(row))
    .execute();
}
