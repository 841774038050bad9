import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

type Queries = Kysely<Tables>;

/** A destination with a secret that is not under the newest data key. */
export interface OlderSecret {
  readonly id: string;
  readonly applicationId: string;
  readonly sealedSecret: Buffer;
  readonly sealedPreviousSecret: Buffer | null;
}

/** Destinations whose secrets do not begin with `newest`, in the order of their ids, `limit` at most. */
export async function findOlderSecrets(
  db: Queries,
  newest: Buffer,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<OlderSecret[]> {
  const isOlder = (column: 'sealed_secret' | 'sealed_previous_secret') =>
    sql<boolean>`substring(${sql.ref(column)} FROM 1 FOR ${newest.length}::int) <> ${newest}`;
  const rows = await db
    .selectFrom('destinations')
    .select(['id', 'application_id', 'sealed_secret', 'sealed_previous_secret'])
    .where((where) => where.or([isOlder('sealed_secret'), isOlder('sealed_previous_secret')]))
    .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    applicationId: row.application_id,
    sealedSecret: row.sealed_secret,
    sealedPreviousSecret: row.sealed_previous_secret,
  }));
}

/** @returns false when the owner, or another replica, has changed the secrets meanwhile */
export async function replaceSecrets(
  db: Queries,
  known: OlderSecret,
  resealed: Pick<OlderSecret, 'sealedSecret' | 'sealedPreviousSecret'>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('destinations')
    .set({ sealed_secret: resealed.sealedSecret, sealed_previous_secret: resealed.sealedPreviousSecret })
    .where('id', '=', known.id)
    .where('sealed_secret', '=', known.sealedSecret)
    .where(sql<boolean>`sealed_previous_secret IS NOT DISTINCT FROM ${known.sealedPreviousSecret}::bytea`)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
