import type { Transaction } from '@selfsame/database/database';
import { sql } from 'kysely';
import type { Queries, Tables } from './tables.ts';

/** A pair of keys, the private half sealed. */
export interface CertificateKey {
  readonly kid: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly sealedPrivate: Buffer;
}

/** Oldest first. */
export async function listCertificateKeys(db: Queries): Promise<CertificateKey[]> {
  const rows = await db
    .selectFrom('certificate_keys')
    .select(['kid', 'public_jwk as publicJwk', 'sealed_private as sealedPrivate'])
    .orderBy('created_at')
    .orderBy('kid')
    .execute();
  return rows;
}

/** Lets nobody else make a key until the transaction ends. */
export async function holdCertificateKeys(tx: Transaction<Tables>): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('certificate keys'))`.execute(tx);
}

export async function insertCertificateKey(tx: Transaction<Tables>, key: CertificateKey): Promise<void> {
  await tx
    .insertInto('certificate_keys')
    .values({
      kid: key.kid,
      public_jwk: JSON.stringify(key.publicJwk),
      sealed_private: key.sealedPrivate,
    })
    .execute();
}
