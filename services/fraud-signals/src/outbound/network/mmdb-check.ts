import { Failure } from '@selfsame/runtime/errors';
import type { Mmdb } from './mmdb.ts';
import { createSlices } from './slices.ts';

/** Records that are read before a file is believed, evenly from all over the tree: all of a small file. */
const maxSamples = 10_000;
const notSeen = 0;
const onTheWay = 255;

/**
 * Walks the whole search tree once and reads records from all over it: a file that is broken inside is found before it
 * answers anybody. Gives way in between: a city database of 100 MB takes about a second.
 *
 * @param readRecord reads the record at an offset of the data; what it throws is thrown on
 * @throws Failure `mmdb_tree` for a loop, a tree deeper than addresses are long, a record that leads nowhere; `mmdb_data`
 */
export async function checkMmdb(
  mmdb: Mmdb,
  signal: AbortSignal,
  readRecord: (offset: number) => void,
): Promise<void> {
  const { nodeCount, ipVersion } = mmdb.metadata;
  const maxDepth = ipVersion === 4 ? 32 : 128;
  const giveWay = createSlices(signal);
  const nodesPerSample = Math.max(1, Math.ceil((nodeCount * 2) / maxSamples));
  /** Levels below a node and itself; parts of a tree may be shared, so depth is counted from below. */
  const heights = new Uint8Array(nodeCount);
  const path: { node: number; side: 0 | 1 | 2; height: number }[] = [{ node: 0, side: 0, height: 0 }];
  heights[0] = onTheWay;
  let reached = 1;

  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const waits = giveWay();
    if (waits !== undefined) await waits;
    if (top.side === 2) {
      path.pop();
      const height = top.height + 1;
      heights[top.node] = height;
      const parent = path.at(-1);
      if (parent !== undefined) parent.height = Math.max(parent.height, height);
      continue;
    }
    const next = mmdb.branch(top.node, top.side);
    top.side = top.side === 0 ? 1 : 2;
    if (next === null) continue;
    if ('offset' in next) {
      if (top.node % nodesPerSample === 0) readRecord(next.offset);
      continue;
    }
    const height = heights[next.node] ?? notSeen;
    if (height === onTheWay) throw new Failure('invalid', 'mmdb_tree', 'The search tree runs in a circle');
    if (path.length + Math.max(height, 1) > maxDepth) {
      throw new Failure('invalid', 'mmdb_tree', 'The search tree is deeper than addresses are long');
    }
    if (height === notSeen) {
      heights[next.node] = onTheWay;
      reached += 1;
      path.push({ node: next.node, side: 0, height: 0 });
    } else top.height = Math.max(top.height, height);
  }
  // What was overwritten by something else, or filled with zeros, leaves most of the tree out of reach.
  if (reached < nodeCount / 2) {
    throw new Failure('invalid', 'mmdb_tree', 'Nothing leads to most of the search tree');
  }
}
