import { createHash } from 'node:crypto';

/**
 * The Merkle tree of RFC 9162 section 2.1 over SHA-256, of which only complete subtrees are stored: the one at (level, position)
 * has 2^level leaves, the first of which is position * 2^level. Whatever else is asked for follows from few of them.
 */
export interface NodeId {
  readonly level: number;
  readonly position: number;
}

export interface TreeNode extends NodeId {
  readonly hash: Buffer;
}

/** Leaves from `start` up to but not with `end`. `start` is a multiple of the largest power of two below the length. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** Finds the hashes of stored nodes, in the order of their ids. */
export type FindNodes = (ids: readonly NodeId[]) => Promise<Buffer[]>;

/** Root of the tree without leaves. */
export const emptyRoot = createHash('sha256').digest();

export function leafHash(leaf: Uint8Array): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(leaf).digest();
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}

/** The complete subtrees that a tree of this size consists of, largest first. */
export function peaksOf(size: number): NodeId[] {
  return nodesOf({ start: 0, end: size });
}

/**
 * Adds a leaf to a tree.
 * @param peaks hashes of peaksOf(size)
 * @returns the nodes to be stored, the leaf first, and the peaks of the new tree
 */
export function addLeaf(
  size: number,
  peaks: readonly Buffer[],
  leaf: Buffer,
): { nodes: TreeNode[]; peaks: Buffer[] } {
  const rest = [...peaks];
  const nodes: TreeNode[] = [{ level: 0, position: size, hash: leaf }];
  let [position, level, hash] = [size, 0, leaf];
  // An odd position is a right child: its sibling is the last peak.
  for (; position % 2 === 1; level += 1) {
    const left = rest.pop();
    if (left === undefined) throw new Error('a peak is missing');
    hash = nodeHash(left, hash);
    position = (position - 1) / 2;
    nodes.push({ level: level + 1, position, hash });
  }
  return { nodes, peaks: [...rest, hash] };
}

/** @param peaks of the whole tree or of a range, largest first */
export function rootOf(peaks: readonly Buffer[]): Buffer {
  return (
    peaks.reduceRight<Buffer | undefined>(
      (right, peak) => (right ? nodeHash(peak, right) : peak),
      undefined,
    ) ?? emptyRoot
  );
}

/** Proves that leaf `index` (from 0) is in the tree of `size` leaves: RFC 9162 section 2.1.3. */
export function inclusionProof(find: FindNodes, index: number, size: number): Promise<Buffer[]> {
  return hashesOf(find, inclusionRanges(index, { start: 0, end: size }));
}

/** Proves that the tree of `size` leaves begins with that of `former` leaves: RFC 9162 section 2.1.4. */
export function consistencyProof(find: FindNodes, former: number, size: number): Promise<Buffer[]> {
  if (former === 0 || former === size) return Promise.resolve([]);
  return hashesOf(find, consistencyRanges(former, { start: 0, end: size }, true));
}

/** @param index from the start of the tree */
function inclusionRanges(index: number, range: Range): Range[] {
  if (range.end - range.start === 1) return [];
  const [left, right] = halves(range);
  return index < left.end
    ? [...inclusionRanges(index, left), right]
    : [...inclusionRanges(index, right), left];
}

function consistencyRanges(former: number, range: Range, isWhole: boolean): Range[] {
  if (former === range.end) return isWhole ? [] : [range];
  const [left, right] = halves(range);
  return former <= left.end
    ? [...consistencyRanges(former, left, isWhole), right]
    : [...consistencyRanges(former, right, false), left];
}

/** At the largest power of two below the length. */
function halves({ start, end }: Range): [Range, Range] {
  let length = 1;
  while (length * 2 < end - start) length *= 2;
  const middle = start + length;
  return [
    { start, end: middle },
    { start: middle, end },
  ];
}

async function hashesOf(find: FindNodes, ranges: readonly Range[]): Promise<Buffer[]> {
  const parts = ranges.map(nodesOf);
  const hashes = await find(parts.flat());
  let at = 0;
  return parts.map((ids) => {
    at += ids.length;
    return rootOf(hashes.slice(at - ids.length, at));
  });
}

/** The stored nodes that a range consists of, largest first. */
function nodesOf({ start, end }: Range): NodeId[] {
  const nodes: NodeId[] = [];
  for (let first = start; first < end; ) {
    let level = 0;
    while (first + 2 ** (level + 1) <= end) level += 1;
    nodes.push({ level, position: first / 2 ** level });
    first += 2 ** level;
  }
  return nodes;
}
