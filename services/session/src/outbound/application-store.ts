import type { Transaction } from '@selfsame/database/database';
import type { Principal } from '@selfsame/http/authentication';
import type { Queries, Tables } from './tables.ts';

type Tx = Transaction<Tables>;

/** The application behind an API key that was not revoked. */
export async function findPrincipal(db: Queries, keySha256: Uint8Array): Promise<Principal | null> {
  const row = await db
    .selectFrom('api_keys as k')
    .innerJoin('applications as a', 'a.id', 'k.application_id')
    .select(['k.id as keyId', 'a.id as applicationId', 'a.slug', 'a.name', 'a.environment'])
    .where('k.key_sha256', '=', Buffer.from(keySha256))
    .where('k.revoked_at', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

/** Adds an application. */
export async function insertApplication(
  tx: Tx,
  application: {
    id: string;
    organization_id: string;
    slug: string;
    name: string;
    environment: 'live' | 'sandbox';
  },
): Promise<void> {
  await tx.insertInto('applications').values(application).execute();
}

/** Serialises writers of one application until the transaction ends; readers and foreign keys do not wait. */
export async function lockApplication(tx: Tx, id: string): Promise<void> {
  await tx.selectFrom('applications').select('id').where('id', '=', id).forNoKeyUpdate().execute();
}

/** Whether leaving the hosted page is Abandoned instead of Not Finished. */
export async function setStrictStatuses(tx: Tx, id: string, strict: boolean): Promise<void> {
  await tx.updateTable('applications').set({ strict_statuses: strict }).where('id', '=', id).execute();
}

/** Whether its users may be on a blocklist. */
export async function setHasBlocklists(db: Queries, id: string, hasBlocklists: boolean): Promise<void> {
  await db
    .updateTable('applications')
    .set({ has_blocklists: hasBlocklists })
    .where('id', '=', id)
    .where('has_blocklists', '!=', hasBlocklists)
    .execute();
}

/** Whether it wants the pictures of its sessions kept. */
export async function findRetainsImages(db: Queries, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('applications')
    .select('retain_images')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.retain_images ?? false;
}

/** Stores an API key by its digest. */
export async function insertApiKey(
  tx: Tx,
  key: { id: string; application_id: string; key_sha256: Buffer },
): Promise<void> {
  await tx
    .insertInto('api_keys')
    .values({ ...key, revoked_at: null })
    .execute();
}

/** The id behind a slug. */
export async function findApplicationId(db: Queries, slug: string): Promise<string | null> {
  const row = await db.selectFrom('applications').select('id').where('slug', '=', slug).executeTakeFirst();
  return row?.id ?? null;
}

/** Keys that were not revoked, newest first. */
export async function listActiveKeys(
  db: Queries,
  applicationId: string,
): Promise<{ id: string; createdAt: Date }[]> {
  return db
    .selectFrom('api_keys')
    .select(['id', 'created_at as createdAt'])
    .where('application_id', '=', applicationId)
    .where('revoked_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
}

/** Ends keys; they stay in the table, with the time of their end. */
export async function revokeKeys(tx: Tx, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('id', 'in', [...ids])
    .execute();
}

/** Every session that there is now is to be deleted; what is created from now on stays. */
export async function noteDeletingAll(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable('applications')
    .set((eb) => ({ deleting_through: eb.ref('last_session_number') }))
    .where('id', '=', id)
    .execute();
}

/** Up to which number sessions are being deleted; null: none are. @param through up to there none is left */
export async function finishDeletingAll(tx: Tx, id: string, through: number | null): Promise<number | null> {
  if (through !== null) {
    await tx
      .updateTable('applications')
      .set({ deleting_through: null })
      .where('id', '=', id)
      .where('deleting_through', '=', through)
      .execute();
  }
  const row = await tx
    .selectFrom('applications')
    .select('deleting_through')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.deleting_through ?? null;
}

/** Applications whose sessions are being deleted. */
export async function listDeletingAll(db: Queries): Promise<string[]> {
  const rows = await db
    .selectFrom('applications')
    .select('id')
    .where('deleting_through', 'is not', null)
    .execute();
  return rows.map(({ id }) => id);
}
