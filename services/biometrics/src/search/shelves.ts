import { BLOCK_BYTES, BLOCK_RECORDS, idIndex, RECORD_BYTES, recordAddress } from './records.ts';

/** What a stored face is: the template of an enrolled subject, or an entry of a face list. */
export type FaceKind = 'subject' | 'blocklist' | 'allowlist';

/** Templates that one probe can be compared with: of one application, kind and key version. */
export interface ShelfName {
  readonly applicationId: string;
  readonly keyVersion: number;
  readonly kind: FaceKind;
}

/** Where the records of a shelf lie: every block but the last is full. */
export interface Shelf {
  /** Numbers of its blocks, in shared memory; there may be more of them than are used. */
  readonly blocks: Uint32Array<SharedArrayBuffer>;
  readonly records: number;
}

/** All templates in memory. Whoever changes them sees to it that nobody scans meanwhile. */
export interface Shelves {
  readonly memory: WebAssembly.Memory;
  readonly records: number;
  /** Records that fit at most, when every shelf is full. */
  readonly capacity: number;
  /** Puts a template onto a shelf; the one that the row had before, on whatever shelf, goes. */
  put(id: number, name: ShelfName, template: Int8Array): 'stored' | 'full';
  /** @returns whether there was one */
  remove(id: number): boolean;
  clear(): void;
  find(name: ShelfName): Shelf | undefined;
  /** Ids and names of everything, in no order. */
  entries(): IterableIterator<{ id: number; name: ShelfName }>;
}

/** The first block holds the probes of the threads. */
const FIRST_BLOCK = 1;
/** The address space of WebAssembly. */
const BLOCKS_MAX = 65_536;
/** Memory grows by a sixteenth, so that growing stays rare and little is left over. */
const GROWTH_SHARE = 16;

interface OwnedShelf {
  readonly name: ShelfName;
  blocks: Uint32Array<SharedArrayBuffer>;
  blockCount: number;
  records: number;
}

/** @param maxBytes of memory for records; at most 4 GiB can be used */
export function createShelves(maxBytes: number): Shelves {
  const maximum = Math.max(2, Math.min(BLOCKS_MAX, FIRST_BLOCK + Math.floor(maxBytes / BLOCK_BYTES)));
  const memory = new WebAssembly.Memory({ initial: FIRST_BLOCK, maximum, shared: true });
  let values = new Int8Array(memory.buffer);
  let ids = new Float64Array(memory.buffer);
  let fresh = FIRST_BLOCK;
  const free: number[] = [];
  const shelves = new Map<string, OwnedShelf>();
  /** Which shelf a block belongs to, and as its how manieth. */
  const tenants: { shelf: OwnedShelf; ordinal: number }[] = [];
  /** Where the record of a row is: block times BLOCK_RECORDS plus position, a small integer. */
  const places = new Map<number, number>();

  /** A block that nobody uses, or undefined at the limit. */
  function takeBlock(): number | undefined {
    const used = free.pop();
    if (used !== undefined) return used;
    const blocks = memory.buffer.byteLength / BLOCK_BYTES;
    if (fresh === blocks) {
      const more = Math.min(maximum - blocks, Math.ceil(blocks / GROWTH_SHARE));
      if (more === 0) return undefined;
      memory.grow(more);
      values = new Int8Array(memory.buffer);
      ids = new Float64Array(memory.buffer);
    }
    return fresh++;
  }

  function addBlock(shelf: OwnedShelf): boolean {
    const block = takeBlock();
    if (block === undefined) return false;
    if (shelf.blockCount === shelf.blocks.length) {
      const larger = sharedNumbers(shelf.blocks.length * 2);
      larger.set(shelf.blocks);
      shelf.blocks = larger;
    }
    tenants[block] = { shelf, ordinal: shelf.blockCount };
    shelf.blocks[shelf.blockCount++] = block;
    return true;
  }

  function dropBlock(shelf: OwnedShelf): void {
    shelf.blockCount -= 1;
    free.push(blockOf(shelf, shelf.blockCount));
  }

  function remove(id: number): boolean {
    const place = places.get(id);
    if (place === undefined) return false;
    const block = Math.floor(place / BLOCK_RECORDS);
    const tenant = tenants[block];
    if (tenant === undefined) throw new Error('a record in a block that belongs to no shelf');
    const { shelf } = tenant;
    // The last record of the shelf moves into the hole, and where it was nothing of it stays.
    const last = shelf.records - 1;
    const lastBlock = blockOf(shelf, Math.floor(last / BLOCK_RECORDS));
    const lastAddress = recordAddress(lastBlock, last % BLOCK_RECORDS);
    const address = recordAddress(block, place % BLOCK_RECORDS);
    places.set(ids[idIndex(lastAddress)] ?? Number.NaN, place);
    places.delete(id);
    values.copyWithin(address, lastAddress, lastAddress + RECORD_BYTES);
    values.fill(0, lastAddress, lastAddress + RECORD_BYTES);
    shelf.records = last;
    if (last % BLOCK_RECORDS === 0) dropBlock(shelf);
    if (last === 0) shelves.delete(keyOf(shelf.name));
    return true;
  }

  return {
    memory,
    get records() {
      return places.size;
    },
    capacity: (maximum - FIRST_BLOCK) * BLOCK_RECORDS,
    remove,
    find: (name) => shelves.get(keyOf(name)),

    put(id, name, template) {
      remove(id);
      const key = keyOf(name);
      const shelf = shelves.get(key) ?? { name, blocks: sharedNumbers(4), blockCount: 0, records: 0 };
      if (shelf.records === shelf.blockCount * BLOCK_RECORDS && !addBlock(shelf)) return 'full';
      shelves.set(key, shelf);
      const block = blockOf(shelf, shelf.blockCount - 1);
      const position = shelf.records % BLOCK_RECORDS;
      const address = recordAddress(block, position);
      values.set(template, address);
      ids[idIndex(address)] = id;
      places.set(id, block * BLOCK_RECORDS + position);
      shelf.records += 1;
      return 'stored';
    },

    clear() {
      for (const shelf of shelves.values()) {
        for (; shelf.blockCount > 0; dropBlock(shelf)) {
          const block = blockOf(shelf, shelf.blockCount - 1);
          values.fill(0, recordAddress(block, 0), recordAddress(block, BLOCK_RECORDS));
        }
      }
      shelves.clear();
      places.clear();
    },

    *entries() {
      for (const [id, place] of places) {
        const tenant = tenants[Math.floor(place / BLOCK_RECORDS)];
        if (tenant !== undefined) yield { id, name: tenant.shelf.name };
      }
    },
  };
}

/** Calls back for every run of records that lie one after the other, of the blocks from one ordinal to another. */
export function eachRun(
  { blocks, records }: Shelf,
  fromBlock: number,
  toBlock: number,
  run: (from: number, to: number) => void,
): void {
  const last = Math.min(toBlock, Math.ceil(records / BLOCK_RECORDS));
  for (let ordinal = fromBlock; ordinal < last; ordinal += 1) {
    const block = blocks[ordinal] ?? 0;
    const count = Math.min(BLOCK_RECORDS, records - ordinal * BLOCK_RECORDS);
    run(recordAddress(block, 0), recordAddress(block, count));
  }
}

function blockOf(shelf: OwnedShelf, ordinal: number): number {
  const block = shelf.blocks[ordinal];
  if (block === undefined) throw new Error('a shelf without its block');
  return block;
}

function keyOf({ applicationId, keyVersion, kind }: ShelfName): string {
  return `${kind} ${keyVersion} ${applicationId}`;
}

function sharedNumbers(length: number): Uint32Array<SharedArrayBuffer> {
  return new Uint32Array(new SharedArrayBuffer(length * Uint32Array.BYTES_PER_ELEMENT));
}
