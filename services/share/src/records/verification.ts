import { createHash } from 'node:crypto';
import { type CompactVerifyGetKey, compactVerify } from 'jose';
import { addLeaf, emptyRoot, leafHash, rootOf, type TreeNode } from '../domain/merkle.ts';
import { leafText, recordFormat } from '../domain/record.ts';
import { findConsentRecords } from '../outbound/consent-record-store.ts';
import {
  countNodes,
  findRecordsAfter,
  findStoredNodes,
  type StoredRecord,
} from '../outbound/record-store.ts';
import type { Queries } from '../outbound/tables.ts';
import { headType } from './records.ts';

/** What a log is checked against. */
export interface Checks {
  /** Finds the key of a signature among those that this deployment has made. */
  readonly key: CompactVerifyGetKey;
  /** Heads that somebody has kept, as JWS: what they have seen has to be there still. */
  readonly heads: readonly string[];
  /** Entries whose years began to count before, by their signed heads, may be empty. */
  readonly emptyBefore: Date;
}

/** What is wrong with a log, in plain words; nothing is. */
export interface Verification {
  readonly size: number;
  readonly root: Buffer;
  /** Entries of which only the hash is left. */
  readonly empty: number;
  readonly faults: readonly string[];
}

/** The statement of a head. */
interface SignedHead {
  readonly log: string;
  readonly size: number;
  readonly root: string;
  readonly at: Date;
  /** When the years of its last entry begin to count, if it says so: otherwise `at`. */
  readonly keptFrom: Date | undefined;
}

const pageSize = 500;
/** More say nothing new. */
const maxFaults = 100;

/** Where the reading of a log has come to. */
interface Walk {
  /** Sequence of the last entry. */
  size: number;
  /** Leaves of the tree that was made anew, and its peaks. */
  leaves: number;
  peaks: Buffer[];
  nodes: number;
  /** Hash of the last leaf; undefined when that one is missing. */
  previous: Buffer | null | undefined;
  empty: number;
  /** The tree is not the one that was signed: said once. */
  isAstray: boolean;
  readonly faults: string[];
}

/**
 * Reads a whole log and makes its tree anew: whether every entry is what it was hashed as, follows on the one before, and is under the
 * head that was signed when it was written; whether the stored subtrees are those of the entries; whether kept heads are still true.
 */
export async function verifyLog(db: Queries, applicationId: string, checks: Checks): Promise<Verification> {
  const walk: Walk = {
    size: 0,
    leaves: 0,
    peaks: [],
    nodes: 0,
    previous: null,
    empty: 0,
    isAstray: false,
    faults: [],
  };
  const kept = await readKeptHeads(walk, applicationId, checks);
  for (;;) {
    const page = await findRecordsAfter(db, applicationId, walk.size, pageSize);
    if (page.length === 0) break;
    const nodes: TreeNode[] = [];
    for (const entry of page) {
      checkEntry(walk, entry);
      nodes.push(...grow(walk, entry));
      await checkHead(walk, applicationId, entry, checks);
      compareKept(walk, kept);
    }
    await checkNodes(db, applicationId, walk, nodes);
    await checkConsents(db, applicationId, walk, page);
  }
  for (const { size } of kept.filter((head) => head.size > walk.size)) {
    fault(walk, `cut short: a kept head has seen ${size} entries, there are ${walk.size}`);
  }
  const extra = (await countNodes(db, applicationId)) - walk.nodes;
  if (extra > 0) fault(walk, `${extra} stored subtrees belong to no entry`);
  return { size: walk.size, root: rootOf(walk.peaks), empty: walk.empty, faults: walk.faults };
}

function fault(walk: Walk, text: string): void {
  if (walk.faults.length < maxFaults) walk.faults.push(text);
}

/** The entry itself: in its place, and what was hashed. */
function checkEntry(walk: Walk, entry: StoredRecord): void {
  const { sequence, record } = entry;
  if (sequence !== walk.size + 1) {
    const last = sequence - 1;
    fault(
      walk,
      `missing: ${last === walk.size + 1 ? `entry ${last}` : `entries ${walk.size + 1} to ${last}`}`,
    );
    walk.previous = undefined;
    walk.isAstray = true;
  }
  if (record === null) {
    walk.empty += 1;
    if (!entry.isEmpty) fault(walk, `altered: parts of entry ${sequence} are gone`);
  } else if (entry.format !== recordFormat) {
    fault(walk, `entry ${sequence} has a format of another release`);
  } else if (walk.previous !== undefined) {
    const hash = leafHash(Buffer.from(leafText(record, walk.previous)));
    if (!hash.equals(entry.hash)) {
      fault(walk, `altered: entry ${sequence} is not what was hashed, or does not follow on the one before`);
    }
  }
}

function grow(walk: Walk, entry: StoredRecord): TreeNode[] {
  const { nodes, peaks } = addLeaf(walk.leaves, walk.peaks, entry.hash);
  walk.peaks = peaks;
  walk.leaves += 1;
  walk.nodes += nodes.length;
  walk.size = entry.sequence;
  walk.previous = entry.hash;
  return nodes;
}

/** What was signed when the entry was written. */
async function checkHead(
  walk: Walk,
  applicationId: string,
  entry: StoredRecord,
  checks: Checks,
): Promise<void> {
  const { sequence } = entry;
  const head = await readHead(entry.head, checks);
  if (head === undefined) fault(walk, `entry ${sequence} has no head that this deployment has signed`);
  else if (head.log !== applicationId) fault(walk, `entry ${sequence} carries a head of another log`);
  else if (head.size !== sequence)
    fault(walk, `reordered: entry ${sequence} carries the head of entry ${head.size}`);
  else {
    checkKeptFrom(walk, entry, head, checks);
    if (walk.isAstray || head.root === rootOf(walk.peaks).toString('hex')) return;
    fault(walk, `rewritten: entry ${sequence}, or one before it, is not the one that was signed`);
    walk.isAstray = true;
  }
}

/** What was signed says from when on an entry is kept: the column beside it can be changed by whoever has the tables. */
function checkKeptFrom(walk: Walk, entry: StoredRecord, head: SignedHead, { emptyBefore }: Checks): void {
  const { sequence, record, isEmpty } = entry;
  const signed = head.keptFrom ?? head.at;
  if (record === null && isEmpty && !(signed < emptyBefore)) {
    fault(walk, `altered: entry ${sequence} was emptied before its time`);
  } else if (head.keptFrom !== undefined && head.keptFrom.getTime() !== entry.keptFrom.getTime()) {
    fault(walk, `altered: entry ${sequence} is not kept from when it was signed to be`);
  }
}

function compareKept(walk: Walk, kept: readonly SignedHead[]): void {
  for (const head of kept) {
    if (head.size === walk.size && head.root !== rootOf(walk.peaks).toString('hex')) {
      fault(walk, `rewritten: the first ${head.size} entries are not those that a kept head has seen`);
    }
  }
}

async function readKeptHeads(walk: Walk, applicationId: string, checks: Checks): Promise<SignedHead[]> {
  const kept: SignedHead[] = [];
  for (const jws of checks.heads) {
    const head = await readHead(jws, checks);
    if (head === undefined) fault(walk, 'a kept head was not signed by this deployment');
    else if (head.log !== applicationId) fault(walk, 'a kept head is of another log');
    else kept.push(head);
  }
  const empty = emptyRoot.toString('hex');
  if (kept.some(({ size, root }) => size === 0 && root !== empty)) fault(walk, 'a kept head is of no log');
  return kept;
}

/** Undefined when no key of ours has signed it as a head. */
async function readHead(jws: string, { key }: Checks): Promise<SignedHead | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(jws, key, { algorithms: ['ES256'] });
    if (protectedHeader.typ !== headType) return undefined;
    const said = JSON.parse(Buffer.from(payload).toString());
    const { log, tree_size: size, root_hash: root, at, kept_from: keptFrom } = said;
    return { log, size, root, at: new Date(at), keptFrom: keptFrom && new Date(keptFrom) };
  } catch {
    return undefined;
  }
}

async function checkNodes(
  db: Queries,
  applicationId: string,
  walk: Walk,
  nodes: readonly TreeNode[],
): Promise<void> {
  // Of a tree with gaps no node is where it was.
  if (walk.leaves !== walk.size) return;
  const stored = await findStoredNodes(db, applicationId, nodes);
  for (const { level, position, hash } of nodes) {
    const found = stored.get(`${level}/${position}`);
    if (found === undefined) fault(walk, `missing: subtree ${level}/${position}`);
    else if (!found.equals(hash)) fault(walk, `altered: subtree ${level}/${position}`);
  }
}

/** What an entry is about lies beside the log: its digest is in the entry. */
async function checkConsents(
  db: Queries,
  applicationId: string,
  walk: Walk,
  page: readonly StoredRecord[],
): Promise<void> {
  const about = page.flatMap(({ record }) =>
    record?.consentId && record.documentSha256 ? [{ ...record, consentId: record.consentId }] : [],
  );
  const found = await findConsentRecords(
    db,
    applicationId,
    about.map(({ consentId }) => consentId),
  );
  for (const { sequence, kind, consentId, documentSha256 } of about) {
    const jws = found.get(consentId)?.[kind === 'consent_given' ? 'given' : 'withdrawn'];
    if (!jws) fault(walk, `missing: the signed consent of entry ${sequence}`);
    else if (!documentSha256?.equals(createHash('sha256').update(jws).digest())) {
      fault(walk, `altered: the signed consent of entry ${sequence}`);
    }
  }
}
