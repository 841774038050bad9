import type { Transaction } from '@selfsame/database/database';
import { sql } from 'kysely';
import type { Customization } from '../domain/customization.ts';
import type { Queries, Tables } from './tables.ts';

type Tx = Transaction<Tables>;

/** What an application has said of its page; null when it never has. */
export async function findCustomization(db: Queries, applicationId: string): Promise<Customization | null> {
  const row = await db
    .selectFrom('customizations')
    .select(['settings', 'logo_square', 'logo_rectangular', 'favicon', 'font'])
    .where('application_id', '=', applicationId)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { settings, ...files } = row;
  return { settings, files };
}

/** Replaces what an application has said of its page. Its files must be stored. */
export async function saveCustomization(
  tx: Tx,
  applicationId: string,
  { settings, files }: Customization,
  now: Date,
): Promise<void> {
  const row = { settings: JSON.stringify(settings), ...files, updated_at: now };
  await tx
    .insertInto('customizations')
    .values({ application_id: applicationId, ...row })
    .onConflict((conflict) => conflict.column('application_id').doUpdateSet(row))
    .execute();
}

/** Lets one transaction at a time add and drop brand files, so that none is dropped that another is about to name. */
export async function lockBrandFiles(tx: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('brand files', 0))`.execute(tx);
}

/** Stores a file under a name that says what is in it: `{sha256}.{extension}`. */
export async function keepBrandFile(tx: Tx, name: string, bytes: Buffer): Promise<void> {
  await tx
    .insertInto('brand_files')
    .values({ name, bytes })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
}

/** Drops those of the files that no application names any more. */
export async function dropUnnamedFiles(tx: Tx, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await sql`
    DELETE FROM brand_files AS f
    WHERE f.name = ANY (${[...names]}::text[]) AND NOT EXISTS (
      SELECT FROM customizations AS c WHERE f.name IN (c.logo_square, c.logo_rectangular, c.favicon, c.font)
    )`.execute(tx);
}

/** Whether an application names a file still, without reading it. */
export async function hasBrandFile(db: Queries, name: string): Promise<boolean> {
  const row = await db.selectFrom('brand_files').select('name').where('name', '=', name).executeTakeFirst();
  return row !== undefined;
}

/** The bytes of a stored file. */
export async function findBrandFile(db: Queries, name: string): Promise<Buffer | null> {
  const row = await db.selectFrom('brand_files').select('bytes').where('name', '=', name).executeTakeFirst();
  return row?.bytes ?? null;
}
