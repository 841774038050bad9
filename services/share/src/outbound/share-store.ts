import type { Insertable, Selectable } from 'kysely';
import { sql } from 'kysely';
import type { RevocationReason, ShareStatus } from '../domain/share.ts';
import type { Queries, Tables } from './tables.ts';

/** A share as it lies in the table. */
export type ShareRow = Selectable<Tables['shares']>;

/** A share without what is sealed in it. */
export type ListedShare = Omit<ShareRow, 'snapshot'>;

const listedColumns = [
  'share_id',
  'from_application_id',
  'for_application_id',
  'audience',
  'audience_name',
  'session_id',
  'session_sequence',
  'session_kind',
  'purpose',
  'scope',
  'consent_id',
  'user_pid',
  'audience_key_id',
  'created_at',
  'expires_at',
  'revoked_at',
  'revoked_because',
  'imported_at',
] as const;

export async function insertShare(tx: Queries, row: Insertable<Tables['shares']>): Promise<void> {
  await tx.insertInto('shares').values(row).execute();
}

/** One of the application's own; undefined when it has none of that id. */
export async function findShare(
  db: Queries,
  applicationId: string,
  shareId: string,
): Promise<ListedShare | undefined> {
  return await db
    .selectFrom('shares')
    .select(listedColumns)
    .where('from_application_id', '=', applicationId)
    .where('share_id', '=', shareId)
    .executeTakeFirst();
}

/** The share of a token, for whoever holds it. */
export async function findShareOfToken(db: Queries, shareId: string): Promise<ShareRow | undefined> {
  return await db.selectFrom('shares').selectAll().where('share_id', '=', shareId).executeTakeFirst();
}

/** Held until the end of the transaction: nobody revokes it meanwhile, and several may hold it at once. */
export async function holdShare(tx: Queries, shareId: string): Promise<ShareRow | undefined> {
  return await tx
    .selectFrom('shares')
    .selectAll()
    .where('share_id', '=', shareId)
    .forShare()
    .executeTakeFirst();
}

const isPending = sql<boolean>`EXISTS (
  SELECT FROM imports WHERE imports.share_id = shares.share_id AND imports.status = 'pending'
)`;

/** Which shares a revocation is about. */
export type SharesToEnd = (
  | { readonly consentId: string }
  | { readonly applicationId: string; readonly shareId: string }
  | { readonly applicationId: string; readonly sessionIds: readonly string[] }
) & {
  /** Those that were imported too: their grants end. */
  readonly withImported: boolean;
};

/**
 * Ends shares that have not ended by themselves, and lets go of what was sealed in them. One whose import is pending has not,
 * whatever its time: it may be granted something already.
 * @returns those that ended by it, in the order of their ids
 */
export async function endShares(
  tx: Queries,
  wanted: SharesToEnd,
  because: RevocationReason,
): Promise<ListedShare[]> {
  let chosen = tx.selectFrom('shares').select('share_id').where('revoked_at', 'is', null);
  if ('consentId' in wanted) chosen = chosen.where('consent_id', '=', wanted.consentId);
  else chosen = chosen.where('from_application_id', '=', wanted.applicationId);
  if ('shareId' in wanted) chosen = chosen.where('share_id', '=', wanted.shareId);
  else chosen = chosen.where(sql<boolean>`(expires_at > now() OR imported_at IS NOT NULL OR ${isPending})`);
  if ('sessionIds' in wanted) chosen = chosen.where('session_id', 'in', [...wanted.sessionIds]);
  if (!wanted.withImported) chosen = chosen.where('imported_at', 'is', null);
  // Locked in one order, so that two who end the same shares wait for each other.
  const held = await chosen.orderBy('share_id').forUpdate().execute();
  if (held.length === 0) return [];
  return await tx
    .updateTable('shares')
    .set({ revoked_at: sql<Date>`now()`, revoked_because: because, snapshot: null })
    .where(
      'share_id',
      'in',
      held.map(({ share_id }) => share_id),
    )
    .returning(listedColumns)
    .execute();
}

/** Held until the end of the transaction, before the record is: whoever has one of them may want to write into it. */
export async function lockSharesOf(
  tx: Queries,
  applicationId: string,
  sessionIds: readonly string[],
): Promise<void> {
  await tx
    .selectFrom('shares')
    .select('share_id')
    .where('from_application_id', '=', applicationId)
    .where('session_id', 'in', [...sessionIds])
    .orderBy('share_id')
    .forUpdate()
    .execute();
}

/** It was obtained: what was sealed is of no more use. */
export async function markImported(tx: Queries, shareId: string): Promise<void> {
  await tx
    .updateTable('shares')
    .set({ imported_at: sql<Date>`now()`, snapshot: null })
    .where('share_id', '=', shareId)
    .execute();
}

/** That a share was refused to an application, and why. */
export interface NotedRefusal {
  readonly shareId: string;
  readonly applicationId: string;
  readonly reason: string;
}

export async function isRefusalNoted(
  db: Queries,
  { shareId, applicationId, reason }: NotedRefusal,
): Promise<boolean> {
  const row = await db
    .selectFrom('refused_imports')
    .select('share_id')
    .where('share_id', '=', shareId)
    .where('application_id', '=', applicationId)
    .where('reason', '=', reason)
    .executeTakeFirst();
  return row !== undefined;
}

/** @returns whether this is the first refusal of its kind */
export async function noteRefusal(tx: Queries, refusal: NotedRefusal): Promise<boolean> {
  const inserted = await tx
    .insertInto('refused_imports')
    .values({ share_id: refusal.shareId, application_id: refusal.applicationId, reason: refusal.reason })
    .onConflict((conflict) => conflict.doNothing())
    .returning('share_id')
    .executeTakeFirst();
  return inserted !== undefined;
}

/** @returns how many there were */
export async function deleteShares(
  tx: Queries,
  applicationId: string,
  sessionIds: readonly string[],
): Promise<number> {
  if (sessionIds.length === 0) return 0;
  const { numDeletedRows } = await tx
    .deleteFrom('shares')
    .where('from_application_id', '=', applicationId)
    .where('session_id', 'in', [...sessionIds])
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** What an application asks of its shares. */
export interface ShareFilter {
  readonly sessionId?: string | undefined;
  readonly status?: ShareStatus | undefined;
  /** As it was called when it was shared with, its name, or its id. */
  /** Either of them: an application may be called otherwise today. */
  readonly audience?: { readonly called: string; readonly applicationId: string | undefined } | undefined;
}

const statusIs: Record<ShareStatus, ReturnType<typeof sql<boolean>>> = {
  revoked: sql<boolean>`revoked_at IS NOT NULL`,
  imported: sql<boolean>`revoked_at IS NULL AND imported_at IS NOT NULL`,
  expired: sql<boolean>`revoked_at IS NULL AND imported_at IS NULL AND expires_at <= now()`,
  open: sql<boolean>`revoked_at IS NULL AND imported_at IS NULL AND expires_at > now()`,
};

/** One page, newest first, and how many there are in all. */
export async function listShares(
  db: Queries,
  applicationId: string,
  filter: ShareFilter,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ count: number; rows: ListedShare[] }> {
  const { sessionId, status, audience } = filter;
  let chosen = db.selectFrom('shares').where('from_application_id', '=', applicationId);
  if (sessionId !== undefined) chosen = chosen.where('session_id', '=', sessionId);
  if (status !== undefined) chosen = chosen.where(statusIs[status]);
  if (audience !== undefined) {
    const { called, applicationId: id = null } = audience;
    chosen = chosen.where(
      sql<boolean>`(for_application_id = ${id}::uuid OR lower(${called}) IN (lower(audience), lower(audience_name)))`,
    );
  }
  const [rows, counted] = await Promise.all([
    chosen
      .select(listedColumns)
      .orderBy('created_at', 'desc')
      .orderBy('share_id', 'desc')
      .limit(limit)
      .offset(offset)
      .execute(),
    chosen.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
  ]);
  return { count: counted.count, rows };
}

/** Nobody may open an expired share any more, whoever's clock is late: what was sealed goes. */
export async function dropExpiredSnapshots(db: Queries): Promise<void> {
  await db
    .updateTable('shares')
    .set({ snapshot: null })
    .where('snapshot', 'is not', null)
    .where('expires_at', '<', sql<Date>`now() - interval '5 minutes'`)
    .execute();
}

/** Shares that ended so many days ago are told by the record alone. */
export async function deleteOldShares(db: Queries, days: number): Promise<void> {
  await db
    .deleteFrom('shares')
    .where(
      sql<boolean>`greatest(expires_at, revoked_at, imported_at) < now() - make_interval(days => ${days})`,
    )
    .execute();
}
