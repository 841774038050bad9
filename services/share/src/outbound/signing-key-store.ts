import type { JWK } from 'jose';
import { sql } from 'kysely';
import type { Queries } from './tables.ts';

/** The key that signs now; undefined before there was one. */
export function findSigningKey(db: Queries) {
  return db
    .selectFrom('signing_keys')
    .select(['key_id', 'public_jwk', 'sealed_private', 'created_at'])
    .where('retired_at', 'is', null)
    .executeTakeFirst();
}

/** Does nothing when there is a current one. */
export async function insertSigningKey(
  db: Queries,
  key: { keyId: string; publicJwk: JWK; sealedPrivate: Buffer },
): Promise<void> {
  await db
    .insertInto('signing_keys')
    .values({
      key_id: key.keyId,
      public_jwk: JSON.stringify(key.publicJwk),
      sealed_private: key.sealedPrivate,
      retired_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function retireSigningKey(db: Queries): Promise<void> {
  await db
    .updateTable('signing_keys')
    .set({ retired_at: sql<Date>`now()` })
    .where('retired_at', 'is', null)
    .execute();
}

/** The current key and those retired less than so many days ago, newest first. */
export function listSigningKeys(db: Queries, formerDays: number) {
  return db
    .selectFrom('signing_keys')
    .select(['key_id', 'public_jwk', 'created_at', 'retired_at'])
    .where(sql<boolean>`coalesce(retired_at > now() - make_interval(days => ${formerDays}), true)`)
    .orderBy('created_at', 'desc')
    .execute();
}

/** Retired keys sign nothing more: their private halves go once every replica has the new one. */
export async function forgetRetiredSigningKeys(db: Queries): Promise<void> {
  await db
    .updateTable('signing_keys')
    .set({ sealed_private: null })
    .where('sealed_private', 'is not', null)
    .where('retired_at', '<', sql<Date>`now() - interval '1 hour'`)
    .execute();
}
