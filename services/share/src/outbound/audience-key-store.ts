import type { JWK } from 'jose';
import { sql } from 'kysely';
import type { Queries } from './tables.ts';

/** The key that is sealed for now; undefined when the application has none yet. */
export function findAudienceKey(db: Queries, applicationId: string) {
  return db
    .selectFrom('audience_keys')
    .select(['key_id', 'public_jwk', 'created_at'])
    .where('application_id', '=', applicationId)
    .where('retired_at', 'is', null)
    .executeTakeFirst();
}

/** The sealed private half of a key, of the current one or a former one. */
export async function findPrivateHalf(
  db: Queries,
  applicationId: string,
  keyId: string,
): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom('audience_keys')
    .select('sealed_private')
    .where('application_id', '=', applicationId)
    .where('key_id', '=', keyId)
    .executeTakeFirst();
  return row?.sealed_private ?? undefined;
}

/** Does nothing when the application has a current one. */
export async function insertAudienceKey(
  db: Queries,
  key: { applicationId: string; keyId: string; publicJwk: JWK; sealedPrivate: Buffer },
): Promise<void> {
  await db
    .insertInto('audience_keys')
    .values({
      key_id: key.keyId,
      application_id: key.applicationId,
      public_jwk: JSON.stringify(key.publicJwk),
      sealed_private: key.sealedPrivate,
      retired_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** @param keyId only this one, so that of two at the same time one retires it */
export async function retireAudienceKey(db: Queries, keyId: string): Promise<void> {
  await db
    .updateTable('audience_keys')
    .set({ retired_at: sql<Date>`now()` })
    .where('key_id', '=', keyId)
    .where('retired_at', 'is', null)
    .execute();
}

/** @returns every application's keys, newest first */
export function listAudienceKeys(db: Queries, applicationId?: string) {
  return db
    .selectFrom('audience_keys')
    .select(['key_id', 'application_id', 'created_at', 'retired_at'])
    .select(sql<boolean>`sealed_private IS NOT NULL`.as('can_open'))
    .$if(applicationId !== undefined, (query) => query.where('application_id', '=', applicationId ?? ''))
    .orderBy('created_at', 'desc')
    .execute();
}

/** The private halves of retired keys go when no token is left that they could open. */
export async function forgetRetiredAudienceKeys(db: Queries): Promise<void> {
  await sql`
    UPDATE audience_keys AS key SET sealed_private = NULL
    WHERE sealed_private IS NOT NULL AND retired_at < now() - interval '1 hour'
      AND NOT EXISTS (
        SELECT FROM shares
        WHERE audience_key_id = key.key_id AND for_application_id = key.application_id AND snapshot IS NOT NULL
      )`.execute(db);
}
