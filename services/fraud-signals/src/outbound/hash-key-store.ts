import type { Keyring } from '@selfsame/keys/keyring';
import type { Queries } from './tables.ts';

const owner = ['service', 'hash key'];

/** What names and hashes are made under: the root of the keyring, until the lists were taken over to another key. */
export async function findHashKey(db: Queries, keyring: Pick<Keyring, 'root' | 'open'>): Promise<Buffer> {
  const row = await db.selectFrom('hash_keys').select('sealed').executeTakeFirst();
  return row ? await keyring.open(row.sealed, owner) : keyring.root;
}

/** From the next start on. */
export async function saveHashKey(tx: Queries, keyring: Pick<Keyring, 'seal'>, key: Buffer): Promise<void> {
  const sealed = keyring.seal(key, owner);
  await tx
    .insertInto('hash_keys')
    .values({ is_only: true, sealed })
    .onConflict((conflict) => conflict.column('is_only').doUpdateSet({ sealed }))
    .execute();
}
