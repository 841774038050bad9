import { Failure } from '@selfsame/runtime/errors';
import type { Address } from '../../domain/addresses.ts';
import { type MmdbMetadata, readMmdbMetadata, separatorBytes } from './mmdb-metadata.ts';
import { createMmdbDecoder, type MmdbValue } from './mmdb-values.ts';

/** The record of an address. */
export interface MmdbFound {
  /** Where it lies in the data; the same for every address that shares it. */
  readonly offset: number;
  /** Of the network that has it; of IPv4 addresses 0..32. */
  readonly prefixLength: number;
}

/** An open MMDB file (MaxMind DB file format 2.0). */
export interface Mmdb {
  readonly metadata: MmdbMetadata;
  /** null: the file knows nothing of it. @throws Failure `mmdb_tree` when the tree leads nowhere */
  find(address: Address): MmdbFound | null;
  /** @throws Failure `mmdb_data` */
  read(offset: number): MmdbValue;
  /** What one side of a node leads to. @throws Failure `mmdb_tree` when that is nothing */
  branch(node: number, side: 0 | 1): { readonly node: number } | { readonly offset: number } | null;
}

/**
 * Opens a file that is in memory. Only its metadata is read; what is wrong further inside shows where it is looked at, never
 * as anything but a Failure.
 *
 * @throws Failure `mmdb_marker`, `mmdb_metadata`
 */
export function openMmdb(bytes: Buffer): Mmdb {
  const metadata = readMmdbMetadata(bytes);
  const { nodeCount, recordSize, treeSize, markerAt } = metadata;
  const dataSize = markerAt - treeSize - separatorBytes;
  const read = createMmdbDecoder(bytes, treeSize + separatorBytes, markerAt);
  const recordAt = recordReader(bytes, recordSize);

  /** Where the data of a record begins that leads to no node; -1: there is none. */
  function dataOffset(record: number): number {
    if (record === nodeCount) return -1;
    const offset = record - nodeCount - separatorBytes;
    if (offset >= 0 && offset < dataSize) return offset;
    throw new Failure(
      'invalid',
      'mmdb_tree',
      `A record of the search tree leads to ${record}, where no data is`,
    );
  }

  /** Follows the bits of one word, first ones first. */
  function follow(start: number, word: number, path: { depth: number }): number {
    let node = start;
    for (let bit = 31; bit >= 0 && node < nodeCount; bit--) {
      node = recordAt(node, (word >>> bit) & 1);
      path.depth += 1;
    }
    return node;
  }

  const toIpv4 = { depth: 0 };
  const ipv4Start =
    metadata.ipVersion === 4 ? 0 : [0, 0, 0].reduce((node, word) => follow(node, word, toIpv4), 0);

  return {
    metadata,
    read,
    find({ version, a, b, c, d }) {
      if (version === 6 && metadata.ipVersion === 4) return null;
      const path = { depth: 0 };
      let node = version === 4 ? ipv4Start : 0;
      if (version === 6) node = follow(follow(follow(node, a, path), b, path), c, path);
      node = follow(node, d, path);
      if (node < nodeCount)
        throw new Failure('invalid', 'mmdb_tree', 'The search tree is deeper than addresses are long');
      const offset = dataOffset(node);
      return offset === -1 ? null : { offset, prefixLength: path.depth };
    },
    branch(node, side) {
      const record = recordAt(node, side);
      if (record < nodeCount) return { node: record };
      const offset = dataOffset(record);
      return offset === -1 ? null : { offset };
    },
  };
}

/** Reads one side of a node, which lies inside the tree. */
function recordReader(bytes: Buffer, recordSize: 24 | 28 | 32): (node: number, side: number) => number {
  const at = (offset: number) => bytes[offset] ?? 0;
  const three = (offset: number) => (at(offset) << 16) | (at(offset + 1) << 8) | at(offset + 2);
  if (recordSize === 24) return (node, side) => three(node * 6 + side * 3);
  if (recordSize === 32)
    return (node, side) => three(node * 8 + side * 4) * 256 + at(node * 8 + side * 4 + 3);
  // The byte in the middle has the highest bits of both.
  return (node, side) => {
    const offset = node * 7;
    const middle = at(offset + 3);
    return side === 0
      ? (middle & 0xf0) * 0x100000 + three(offset)
      : (middle & 0x0f) * 0x1000000 + three(offset + 4);
  };
}
