import type { Insertable } from 'kysely';
import { sql } from 'kysely';
import type { Queries, Tables } from './tables.ts';

export async function insertConsentRecord(
  db: Queries,
  row: Insertable<Tables['consent_records']>,
): Promise<void> {
  await db.insertInto('consent_records').values(row).execute();
}

/** The signed cores of consents, by the id of the consent. */
export async function findConsentRecords(
  db: Queries,
  applicationId: string,
  consentIds: readonly string[],
): Promise<Map<string, { given: string | null; withdrawn: string | null }>> {
  if (consentIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('consent_records')
    .select(['consent_id', 'kind', 'jws'])
    .where('application_id', '=', applicationId)
    .where('consent_id', 'in', consentIds)
    .execute();
  const found = new Map<string, { given: string | null; withdrawn: string | null }>();
  for (const { consent_id: id, kind, jws } of rows) {
    found.set(id, { given: null, withdrawn: null, ...found.get(id), [kind]: jws });
  }
  return found;
}

/** Lets go of those whose years are over. @param limit of rows at once @returns how many */
export async function deleteConsentRecords(db: Queries, keptBefore: Date, limit: number): Promise<number> {
  const { rows } = await sql`
    DELETE FROM consent_records WHERE (consent_id, kind) IN (
      SELECT consent_id, kind FROM consent_records WHERE kept_from < ${keptBefore}
      ORDER BY kept_from LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ) RETURNING 1`.execute(db);
  return rows.length;
}
