import { randomBytes } from 'node:crypto';
import type { Transaction } from '@selfsame/database/database';
import type { Context } from '../context.ts';
import { addLeaf, emptyRoot, leafHash, peaksOf, rootOf } from '../domain/merkle.ts';
import { leafText, type PlacedRecord, type RecordEntry } from '../domain/record.ts';
import { countRecord } from '../metrics.ts';
import {
  findEnd,
  findEndWithPeaks,
  findNodes,
  insertRecord,
  type LogEnd,
  lockLog,
} from '../outbound/record-store.ts';
import type { ListedShare } from '../outbound/share-store.ts';
import type { Tables } from '../outbound/tables.ts';

/** The type of a head, in the header of its signature. */
export const headType = 'selfsame-record-head+jwt';

const saltBytes = 16;

/** Whose log, how many entries it has, and the root of the tree of them. */
export interface Head {
  readonly applicationId: string;
  readonly size: number;
  readonly root: Buffer;
  readonly at: Date;
}

/**
 * Writes into the record of shares, in the caller's transaction: what happened and that it is recorded commit together. To be
 * called last in it, and once: until the end of the transaction nobody else writes into these logs.
 */
export async function appendRecords(
  context: Pick<Context, 'signing' | 'database'>,
  tx: Transaction<Tables>,
  entries: readonly RecordEntry[],
): Promise<void> {
  // In one order everywhere, so that two transactions with the same two logs wait and do not meet crosswise.
  const ordered = entries.toSorted((a, b) =>
    a.applicationId < b.applicationId ? -1 : a.applicationId > b.applicationId ? 1 : 0,
  );
  for (const entry of ordered) await append(context, tx, entry);
  context.database.onCommit(tx, () => {
    for (const entry of ordered) countRecord(entry);
  });
}

/** The same for one entry. */
export function appendRecord(
  context: Pick<Context, 'signing' | 'database'>,
  tx: Transaction<Tables>,
  entry: RecordEntry,
): Promise<void> {
  return appendRecords(context, tx, [entry]);
}

/** What an entry about a share says, in the log of the application that shares. */
export function recordOf(share: ListedShare) {
  return {
    applicationId: share.from_application_id,
    userPid: share.user_pid,
    fromApplicationId: share.from_application_id,
    audienceId: share.for_application_id,
    audience: share.audience,
    audienceName: share.audience_name,
    purpose: share.purpose,
    scope: share.scope,
    shareId: share.share_id,
    consentId: share.consent_id,
    expiresAt: share.expires_at,
    importStatus: null,
    note: null,
    documentSha256: null,
  };
}

async function append(
  { signing }: Pick<Context, 'signing'>,
  tx: Transaction<Tables>,
  entry: RecordEntry,
): Promise<void> {
  const { applicationId } = entry;
  await lockLog(tx, applicationId);
  const end = await findEndWithPeaks(tx, applicationId);
  const { sequence: size, peaks } = end ?? { sequence: 0, peaks: [] };
  const record: PlacedRecord = {
    ...entry,
    sequence: size + 1,
    at: timeAfter(end),
    salt: randomBytes(saltBytes),
  };
  const hash = leafHash(Buffer.from(leafText(record, end?.hash ?? null)));
  const grown = addLeaf(size, peaks, hash);
  const keptFrom = laterOf(record.at, entry.expiresAt);
  const grownHead = { applicationId, size: record.sequence, root: rootOf(grown.peaks), at: record.at };
  const head = await signHead(signing, grownHead, keptFrom);
  await insertRecord(tx, record, { hash, head, keptFrom, nodes: grown.nodes });
}

/** A log never goes back in time, whatever the clocks of replicas say. */
function timeAfter(end: LogEnd | undefined): Date {
  return laterOf(new Date(), end?.at ?? null);
}

const laterOf = (one: Date, other: Date | null) => (other !== null && other > one ? other : one);

/** The head of a log as it is now, signed now. */
export async function signedHead(context: Pick<Context, 'signing' | 'database'>, applicationId: string) {
  const { db } = context.database;
  // What is appended meanwhile is of the next head.
  const size = (await findEnd(db, applicationId))?.sequence ?? 0;
  const root = size === 0 ? emptyRoot : rootOf(await findNodes(db, applicationId, peaksOf(size)));
  const head: Head = { applicationId, size, root, at: new Date() };
  return { ...head, jws: await signHead(context.signing, head) };
}

/** @param keptFrom when the years of its last entry begin to count: nobody who has the tables lets go of it sooner, unseen */
function signHead(
  signing: Context['signing'],
  { applicationId, size, root, at }: Head,
  keptFrom?: Date,
): Promise<string> {
  return signing.sign(headType, {
    log: applicationId,
    tree_size: size,
    root_hash: root.toString('hex'),
    at: at.toISOString(),
    kept_from: keptFrom?.toISOString(),
  });
}
