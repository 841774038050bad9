import { Failure } from '@selfsame/runtime/errors';
import { createMmdbDecoder, type MmdbValue } from './mmdb-values.ts';

/** What an MMDB file says of itself. */
export interface MmdbMetadata {
  /** Such as GeoLite2-City; the vendor chooses it. */
  readonly databaseType: string;
  readonly builtAt: Date;
  readonly ipVersion: 4 | 6;
  readonly nodeCount: number;
  /** Bits. */
  readonly recordSize: 24 | 28 | 32;
  /** Bytes of the search tree. */
  readonly treeSize: number;
  /** Where the data ends and this begins. */
  readonly markerAt: number;
}

const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
/** The format allows no more. */
const maxMetadataBytes = 128 * 1024;
const maxTypeLength = 100;
/** Zeros between the search tree and the data. */
export const separatorBytes = 16;
/** Seconds since 1970: the format is of 2014, and a year beyond 2100 would be nonsense. */
const earliestBuild = 946_684_800;
const latestBuild = 4_102_444_800;

/**
 * Reads what a file says of itself and holds it against the file's size.
 *
 * @throws Failure `mmdb_marker` without metadata, as a file is that was cut off; `mmdb_metadata` when it cannot be read or
 * makes no sense
 */
export function readMmdbMetadata(bytes: Buffer): MmdbMetadata {
  const from = Math.max(0, bytes.length - maxMetadataBytes);
  const found = bytes.subarray(from).lastIndexOf(marker);
  if (found === -1) throw new Failure('invalid', 'mmdb_marker', 'The file does not end as an MMDB file does');
  const markerAt = from + found;
  const start = markerAt + marker.length;
  const stated = readStated(bytes, start);
  const field = (name: string) =>
    stated instanceof Map ? (stated.get(name) as MmdbValue | undefined) : undefined;
  const number = (name: string, isValid: (value: number) => boolean) => {
    const value = field(name);
    if (typeof value === 'number' && isValid(value)) return value;
    throw new Failure('invalid', 'mmdb_metadata', `The metadata has no ${name} that makes sense`);
  };

  number('binary_format_major_version', (value) => value === 2);
  const recordSize = number('record_size', (value) => [24, 28, 32].includes(value)) as 24 | 28 | 32;
  const nodeCount = number('node_count', (value) => value >= 1);
  const treeSize = (nodeCount * recordSize) / 4;
  if (treeSize + separatorBytes > markerAt) {
    throw new Failure('invalid', 'mmdb_metadata', 'The search tree would be larger than the file');
  }
  const databaseType = field('database_type');
  if (typeof databaseType !== 'string' || databaseType === '' || databaseType.length > maxTypeLength) {
    throw new Failure('invalid', 'mmdb_metadata', 'The metadata has no database_type');
  }
  const epoch = number('build_epoch', (value) => value >= earliestBuild && value <= latestBuild);
  const ipVersion = number('ip_version', (value) => value === 4 || value === 6) as 4 | 6;
  return {
    databaseType,
    builtAt: new Date(epoch * 1_000),
    ipVersion,
    nodeCount,
    recordSize,
    treeSize,
    markerAt,
  };
}

function readStated(bytes: Buffer, start: number): MmdbValue {
  try {
    return createMmdbDecoder(bytes, start, bytes.length)(0);
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw new Failure('invalid', 'mmdb_metadata', `The metadata cannot be read: ${reason}`, { cause: error });
  }
}
