import { type Address, readNetwork } from '../../src/domain/addresses.ts';

/** Values as they are written: whole numbers as 32 bits, others as doubles, bigint as 64 or 128 bits. */
export type Encodable =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | readonly Encodable[]
  | { readonly [key: string]: Encodable }
  | Raw;

/** Bytes that go into the file as they are. */
export class Raw {
  readonly bytes: Buffer;
  constructor(...bytes: number[]) {
    this.bytes = Buffer.from(bytes);
  }
}

interface Node {
  readonly sides: [Node | Leaf | null, Node | Leaf | null];
}
interface Leaf {
  readonly record: Encodable;
}

/** Writes an MMDB file (format 2.0). Networks of IPv4 lie at ::/96 of an IPv6 tree, as everywhere. */
export function encodeMmdb(options: {
  databaseType: string;
  networks: readonly (readonly [string, Encodable])[];
  ipVersion?: 4 | 6;
  recordSize?: 24 | 28 | 32;
  builtAt?: Date;
  metadata?: { readonly [key: string]: Encodable };
}): Buffer {
  const {
    databaseType,
    networks,
    ipVersion = 6,
    recordSize = 24,
    builtAt = new Date('2026-06-01'),
  } = options;
  const root: Node = { sides: [null, null] };
  for (const [network, record] of networks) insert(root, bitsOf(network, ipVersion), { record });

  const nodes: Node[] = [];
  const places = new Map<Node, number>();
  const count = (node: Node): void => {
    places.set(node, nodes.push(node) - 1);
    for (const side of node.sides) if (side !== null && 'sides' in side) count(side);
  };
  count(root);

  const data: Buffer[] = [];
  const offsets = new Map<Encodable, number>();
  let dataSize = 0;
  const offsetOf = (record: Encodable): number => {
    const known = offsets.get(record);
    if (known !== undefined) return known;
    const encoded = encodeValue(record);
    const offset = dataSize;
    offsets.set(record, offset);
    data.push(encoded);
    dataSize += encoded.length;
    return offset;
  };
  const tree = nodes.map(({ sides }) => {
    const [left, right] = sides.map((side) => {
      if (side === null) return nodes.length;
      return 'sides' in side ? (places.get(side) ?? 0) : nodes.length + 16 + offsetOf(side.record);
    });
    return encodeNode(left ?? 0, right ?? 0, recordSize);
  });
  const metadata = encodeValue({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: BigInt(Math.floor(builtAt.getTime() / 1_000)),
    database_type: databaseType,
    description: { en: 'made for a test' },
    ip_version: ipVersion,
    languages: ['en'],
    node_count: nodes.length,
    record_size: recordSize,
    ...options.metadata,
  });
  return Buffer.concat([
    ...tree,
    Buffer.alloc(16),
    ...data,
    Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
    metadata,
  ]);
}

/** One value with its control bytes. */
export function encodeValue(value: Encodable): Buffer {
  if (value instanceof Raw) return value.bytes;
  if (typeof value === 'string') return withHead(2, Buffer.from(value));
  if (value instanceof Uint8Array) return withHead(4, Buffer.from(value));
  if (typeof value === 'boolean') return head(14, value ? 1 : 0);
  if (typeof value === 'bigint') return withHead(value < 2n ** 64n ? 9 : 10, bigEndian(value));
  if (typeof value === 'number') return encodeNumber(value);
  if (Array.isArray(value)) return Buffer.concat([head(11, value.length), ...value.map(encodeValue)]);
  const entries = Object.entries(value as { readonly [key: string]: Encodable });
  return Buffer.concat([
    head(7, entries.length),
    ...entries.flatMap(([key, item]) => [encodeValue(key), encodeValue(item)]),
  ]);
}

/** A pointer to an offset of the data, in the longest form. */
export function pointerTo(offset: number): Raw {
  return new Raw(0x38, (offset >>> 24) & 255, (offset >>> 16) & 255, (offset >>> 8) & 255, offset & 255);
}

function encodeNumber(value: number): Buffer {
  if (!Number.isInteger(value)) {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return withHead(3, bytes);
  }
  if (value >= 0) return withHead(6, bigEndian(BigInt(value)));
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return withHead(8, bytes);
}

function bigEndian(value: bigint): Buffer {
  if (value === 0n) return Buffer.alloc(0);
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
}

function withHead(type: number, bytes: Buffer): Buffer {
  return Buffer.concat([head(type, bytes.length), bytes]);
}

function head(type: number, size: number): Buffer {
  const [stated, ...more] =
    size < 29
      ? [size]
      : size < 285
        ? [29, size - 29]
        : size < 65_821
          ? [30, (size - 285) >> 8, (size - 285) & 255]
          : [31, (size - 65_821) >> 16, ((size - 65_821) >> 8) & 255, (size - 65_821) & 255];
  return Buffer.from(type < 8 ? [(type << 5) | (stated ?? 0), ...more] : [stated ?? 0, type - 7, ...more]);
}

function encodeNode(left: number, right: number, recordSize: 24 | 28 | 32): Buffer {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  if (recordSize === 28) {
    const [l, r] = [hex(left, 7), hex(right, 7)];
    return Buffer.from(`${l.slice(1)}${l[0]}${r[0]}${r.slice(1)}`, 'hex');
  }
  return Buffer.from(hex(left, recordSize / 4) + hex(right, recordSize / 4), 'hex');
}

function insert(root: Node, bits: readonly (0 | 1)[], leaf: Leaf): void {
  let node = root;
  for (const bit of bits.slice(0, -1)) {
    const next = node.sides[bit];
    if (next !== null && 'sides' in next) {
      node = next;
      continue;
    }
    const made: Node = { sides: [next, next] };
    node.sides[bit] = made;
    node = made;
  }
  const last = bits.at(-1);
  if (last !== undefined) node.sides[last] = leaf;
}

function bitsOf(text: string, ipVersion: 4 | 6): (0 | 1)[] {
  const network = readNetwork(text);
  if (network === null) throw new Error(`${text} is no network`);
  const length = Number(text.split('/')[1] ?? (network.first.version === 4 ? 32 : 128));
  const all = [...wordsOf(network.first)].flatMap((word) =>
    Array.from({ length: 32 }, (_, bit) => ((word >>> (31 - bit)) & 1) as 0 | 1),
  );
  const isV4 = network.first.version === 4;
  return ipVersion === 4 ? all.slice(96, 96 + length) : all.slice(0, (isV4 ? 96 : 0) + length);
}

function wordsOf({ a, b, c, d }: Address): number[] {
  return [a, b, c, d];
}
