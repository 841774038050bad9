import type { Database, Transaction } from '@selfsame/database/database';
import { type Generated, type Kysely, sql } from 'kysely';

/** The table of data keys, in the schema of each service that seals. */
export interface KeyTables {
  data_keys: {
    purpose: string;
    version: number;
    provider: string;
    provider_key_version: string;
    wrapped: Buffer;
    created_at: Generated<Date>;
    rewrapped_at: Date | null;
  };
}

/** A data key as it lies. */
export interface DataKeyRow {
  readonly purpose: string;
  readonly version: number;
  readonly provider: string;
  readonly provider_key_version: string;
  readonly wrapped: Buffer;
  readonly created_at: Date;
  readonly rewrapped_at: Date | null;
}

type Rows = Kysely<KeyTables> | Transaction<KeyTables>;

/** The first data key is as old as the release that brought them: until then replicas of the one before it may run. */
export async function isFirstDataKeyOlderThan({ db }: Database, minutes: number): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM data_keys WHERE version = 1 AND created_at <= now() - make_interval(mins => ${minutes})`.execute(
    db,
  );
  return rows.length > 0;
}

/** Data keys of one purpose that are newer than a version, oldest first. */
export function findDataKeys(db: Rows, purpose: string, afterVersion = 0): Promise<DataKeyRow[]> {
  return db
    .selectFrom('data_keys')
    .selectAll()
    .where('purpose', '=', purpose)
    .where('version', '>', afterVersion)
    .orderBy('version')
    .execute();
}

/** Every data key of the service. */
export function listDataKeys(db: Rows): Promise<DataKeyRow[]> {
  return db.selectFrom('data_keys').selectAll().orderBy('purpose').orderBy('version').execute();
}

/** @returns false when another process was first */
export async function addDataKey(
  db: Rows,
  row: Pick<DataKeyRow, 'purpose' | 'version' | 'provider' | 'provider_key_version' | 'wrapped'>,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('data_keys')
    .values({ ...row, rewrapped_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** From here to the end of the transaction nobody adds a data key or seals one anew. Reading goes on. */
export async function holdDataKeys(tx: Transaction<KeyTables>): Promise<void> {
  await sql`LOCK TABLE data_keys IN SHARE ROW EXCLUSIVE MODE`.execute(tx);
}

/** Replaces how a data key is sealed. */
export async function saveWrapping(
  tx: Transaction<KeyTables>,
  row: Pick<DataKeyRow, 'purpose' | 'version' | 'provider' | 'provider_key_version' | 'wrapped'>,
): Promise<void> {
  const { purpose, version, ...wrapping } = row;
  await tx
    .updateTable('data_keys')
    .set({ ...wrapping, rewrapped_at: sql<Date>`now()` })
    .where('purpose', '=', purpose)
    .where('version', '=', version)
    .execute();
}

/** The service that owns the schema: part of what every data key is bound to. */
export async function serviceOf(db: Rows): Promise<string> {
  const { rows } = await sql<{ service: string }>`SELECT current_schema() AS service`.execute(db);
  const service = rows[0]?.service;
  if (!service) throw new Error('a connection without a schema');
  return service;
}
