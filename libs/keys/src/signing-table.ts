import type { Transaction } from '@selfsame/database/database';
import type { JWK } from 'jose';
import { type ColumnType, type Generated, type Kysely, sql } from 'kysely';

/** The table of signing keys, in the schema of each service that has a keyring. */
export interface SigningTables {
  signing_keys: {
    key_id: string;
    public_jwk: ColumnType<JWK, string>;
    sealed_private: Buffer | null;
    created_at: Generated<Date>;
    retired_at: Date | null;
  };
}

type Rows = Kysely<SigningTables> | Transaction<SigningTables>;

/** The key that signs now; undefined before there was one. */
export function findSigningKey(db: Rows) {
  return db
    .selectFrom('signing_keys')
    .select(['key_id', 'public_jwk', 'sealed_private'])
    .where('retired_at', 'is', null)
    .executeTakeFirst();
}

/** Does nothing when there is a current one. */
export async function insertSigningKey(
  db: Rows,
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

/** From here to the end of the transaction nobody else adds a key or retires one. Reading goes on. */
export async function holdSigningKeys(tx: Transaction<SigningTables>): Promise<void> {
  await sql`LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE`.execute(tx);
}

/** The current key signs no more. */
export async function retireSigningKey(tx: Transaction<SigningTables>): Promise<void> {
  await tx
    .updateTable('signing_keys')
    .set({ retired_at: sql<Date>`now()` })
    .where('retired_at', 'is', null)
    .execute();
}

/**
 * Every key, newest first.
 * @param formerDays leaves out those that were retired longer ago
 */
export function findSigningKeys(db: Rows, formerDays?: number) {
  return db
    .selectFrom('signing_keys')
    .select(['key_id', 'public_jwk', 'created_at', 'retired_at'])
    .$if(formerDays !== undefined, (query) =>
      query.where(sql<boolean>`coalesce(retired_at > now() - make_interval(days => ${formerDays}), true)`),
    )
    .orderBy('created_at', 'desc')
    .execute();
}

/** Retired keys sign nothing more: their private halves go once every replica has the new one. */
export async function forgetRetiredSigningKeys(db: Rows): Promise<void> {
  await db
    .updateTable('signing_keys')
    .set({ sealed_private: null })
    .where('sealed_private', 'is not', null)
    .where('retired_at', '<', sql<Date>`now() - interval '1 hour'`)
    .execute();
}
