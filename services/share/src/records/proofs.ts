import type { Context } from '../context.ts';
import { consistencyProof, inclusionProof, leafHash, type NodeId } from '../domain/merkle.ts';
import { leafText } from '../domain/record.ts';
import { findNodes, findRecordsAfter } from '../outbound/record-store.ts';
import { signedHead } from './records.ts';

/** That an entry is in a log, so that anybody can check it: RFC 9162 section 2.1.3. */
export interface RecordProof {
  readonly sequence: number;
  /** The hashed text of the entry; null when its years are over. */
  readonly leaf: string | null;
  readonly leafHash: Buffer;
  readonly size: number;
  readonly root: Buffer;
  /** From the leaf to the root. */
  readonly path: readonly Buffer[];
  /** The signed head of that tree. */
  readonly head: string;
}

/** Undefined when the log has no such entry. */
export async function proveRecord(
  context: Pick<Context, 'database' | 'signing'>,
  applicationId: string,
  sequence: number,
): Promise<RecordProof | undefined> {
  const { db } = context.database;
  const [before, entry] = await withPrevious(context, applicationId, sequence);
  if (entry === undefined) return undefined;
  const { size, root, jws } = await signedHead(context, applicationId);
  const find = (ids: readonly NodeId[]) => findNodes(db, applicationId, ids);
  const leaf = entry.record && leafText(entry.record, before?.hash ?? null);
  return {
    sequence,
    leaf,
    leafHash: leaf === null ? entry.hash : leafHash(Buffer.from(leaf)),
    size,
    root,
    path: await inclusionProof(find, sequence - 1, size),
    head: jws,
  };
}

async function withPrevious(
  { database }: Pick<Context, 'database'>,
  applicationId: string,
  sequence: number,
) {
  const found = await findRecordsAfter(database.db, applicationId, Math.max(0, sequence - 2), 2);
  return [sequence - 1, sequence].map((wanted) => found.find((record) => record.sequence === wanted));
}

/** The head of a log now, and that it goes on from a former one. Undefined when the former one is larger. */
export async function proveHead(
  context: Pick<Context, 'database' | 'signing'>,
  applicationId: string,
  formerSize: number | undefined,
) {
  const head = await signedHead(context, applicationId);
  if (formerSize === undefined) return { ...head, consistency: undefined };
  if (formerSize > head.size) return undefined;
  const find = (ids: readonly NodeId[]) => findNodes(context.database.db, applicationId, ids);
  return { ...head, consistency: await consistencyProof(find, formerSize, head.size) };
}
