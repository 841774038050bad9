import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
/** The end record and the longest comment after it. */
const TAIL_BYTES = 22 + 65_535;
const STORED = 0;
const DEFLATED = 8;

/** Where one file of an archive lies. */
interface Entry {
  readonly at: number;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
}

/**
 * The named files of a zip archive below 4 GiB, one after the other, each in memory.
 * @throws Error when it is no archive, lacks one of them, or one is damaged
 */
export async function* unzip(
  path: string,
  names: readonly string[],
): AsyncGenerator<{ name: string; bytes: Buffer }> {
  const file = await open(path);
  try {
    const entries = await readDirectory(file);
    for (const name of names) {
      const entry = entries.get(name);
      if (entry === undefined) throw new Error(`the archive does not hold ${name}`);
      yield { name, bytes: await unpack(file, name, entry) };
    }
  } finally {
    await file.close();
  }
}

async function readDirectory(file: FileHandle): Promise<ReadonlyMap<string, Entry>> {
  const { size } = await file.stat();
  const tail = await read(file, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES));
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end -= 1;
  if (end < 0) throw new Error('this is no zip archive');
  const count = tail.readUInt16LE(end + 10);
  const directory = await read(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  const entries = new Map<string, Entry>();
  for (let at = 0, left = count; left > 0; left -= 1) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== CENTRAL) throw damaged();
    const nameBytes = directory.readUInt16LE(at + 28);
    entries.set(directory.toString('utf8', at + 46, at + 46 + nameBytes), {
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      packedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      at: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

async function unpack(file: FileHandle, name: string, entry: Entry): Promise<Buffer> {
  const header = await read(file, entry.at, 30);
  if (header.readUInt32LE(0) !== LOCAL) throw damaged();
  const from = entry.at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = await read(file, from, entry.packedBytes);
  if (entry.method !== STORED && entry.method !== DEFLATED)
    throw new Error(`${name} is packed in an unknown way`);
  const bytes =
    entry.method === STORED
      ? packed
      : await promisify(inflateRaw)(packed, { maxOutputLength: Math.max(entry.bytes, 1) });
  if (bytes.length !== entry.bytes || crc32(bytes) !== entry.crc) throw new Error(`${name} is damaged`);
  return bytes;
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead !== length) throw damaged();
  return buffer;
}

function damaged(): Error {
  return new Error('the archive is damaged');
}
