import type { Transaction } from '@selfsame/database/database';
import { sql } from 'kysely';
import type { FailureRecord, LockKind } from '../domain/lockout.ts';
import type { Queries, Tables } from './tables.ts';

/** Names a subject, device or network of one application. */
export interface LockKey {
  readonly applicationId: string;
  readonly kind: LockKind;
  /** A digest of 32 bytes that says nothing by itself. */
  readonly key: Buffer;
}

/** When the longest lock on any of these ends; null when none was ever put on them. */
export async function findLock(db: Queries, keys: readonly LockKey[]): Promise<Date | null> {
  if (keys.length === 0) return null;
  const { rows } = await sql<{ until: Date | null }>`
    SELECT max(l.locked_until) AS until
    FROM lockouts AS l
    JOIN ${keyRows(keys)} ON (l.application_id, l.kind, l.key_sha256) = (k.application_id, k.kind, k.key)`.execute(
    db,
  );
  return rows[0]?.until ?? null;
}

/**
 * Reads the records of these keys, holding each until the transaction ends, so that failures at the same time count one
 * after the other. Missing ones are made. Rows are taken in one order everywhere: two transactions never wait for each
 * other.
 * @returns the records in the order of `keys`
 */
export async function lockRecords(
  tx: Transaction<Tables>,
  keys: readonly LockKey[],
  now: Date,
): Promise<FailureRecord[]> {
  const { rows } = await sql<{ kind: LockKind; key: Buffer; failures: Date[]; locked_until: Date | null }>`
    INSERT INTO lockouts (application_id, kind, key_sha256, failures, expires_at)
    SELECT k.application_id, k.kind, k.key, '{}', ${now}::timestamptz
    FROM ${keyRows(keys)} ORDER BY k.application_id, k.kind, k.key
    ON CONFLICT (application_id, kind, key_sha256) DO UPDATE SET kind = excluded.kind
    RETURNING kind, key_sha256 AS key, failures, locked_until`.execute(tx);
  return keys.map(({ kind, key }) => {
    const row = rows.find((each) => each.kind === kind && each.key.equals(key));
    return { failures: row?.failures ?? [], lockedUntil: row?.locked_until ?? null };
  });
}

/** Saves a record that this transaction holds. @param expiresAt from when on it says nothing any more */
export async function saveRecord(
  tx: Transaction<Tables>,
  { applicationId, kind, key }: LockKey,
  record: FailureRecord,
  expiresAt: Date,
): Promise<void> {
  await tx
    .updateTable('lockouts')
    .set({
      failures: sql<Date[]>`${[...record.failures]}::timestamptz[]`,
      locked_until: record.lockedUntil,
      expires_at: expiresAt,
    })
    .where('application_id', '=', applicationId)
    .where('kind', '=', kind)
    .where('key_sha256', '=', key)
    .execute();
}

/** Removes a record. */
export async function dropRecord(
  tx: Transaction<Tables>,
  { applicationId, kind, key }: LockKey,
): Promise<void> {
  await tx
    .deleteFrom('lockouts')
    .where('application_id', '=', applicationId)
    .where('kind', '=', kind)
    .where('key_sha256', '=', key)
    .execute();
}

/** Removes records that say nothing any more. @returns how many, `limit` at most */
export async function sweepRecords(db: Queries, now: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM lockouts WHERE (application_id, kind, key_sha256) IN (
      SELECT application_id, kind, key_sha256 FROM lockouts
      WHERE expires_at < ${now} ORDER BY expires_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`.execute(db);
  return Number(numAffectedRows ?? 0n);
}

function keyRows(keys: readonly LockKey[]) {
  return sql`unnest(${keys.map(({ applicationId }) => applicationId)}::uuid[], ${keys.map(({ kind }) => kind)}::text[],
    ${keys.map(({ key }) => key)}::bytea[]) AS k (application_id, kind, key)`;
}
