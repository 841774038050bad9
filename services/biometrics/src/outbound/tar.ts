/** One file of an archive. */
export interface ArchiveEntry {
  /** Slashes, relative, at most 100 bytes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;

/**
 * An uncompressed tar archive (POSIX ustar). The same entries give the same bytes on every machine: no owner, no
 * time of day.
 */
export function tar(entries: readonly ArchiveEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, bytes }) => [header(path, bytes.length), padded(bytes)]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

/**
 * The ordinary files of a tar archive (POSIX ustar), by path; folders, links and the like are passed over.
 * @throws RangeError when the archive ends within a file or a checksum is wrong
 */
export function untar(archive: Buffer): ArchiveEntry[] {
  const entries: ArchiveEntry[] = [];
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0; ) {
    const block = archive.subarray(at, at + BLOCK);
    const text = (from: number, length: number) =>
      block.toString('utf8', from, from + length).replace(/\0.*$/s, '');
    const length = Number.parseInt(text(124, 12), 8);
    const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
    const from = at + BLOCK;
    if (sum !== Number.parseInt(text(148, 8), 8)) throw new RangeError('the archive is damaged');
    if (!Number.isFinite(length) || from + length > archive.length)
      throw new RangeError('the archive ends too early');
    const prefix = text(345, 155);
    const path = `${prefix ? `${prefix}/` : ''}${text(0, 100)}`.replace(/^\.\//, '');
    if (block[156] === 0 || block[156] === 48)
      entries.push({ path, bytes: archive.subarray(from, from + length) });
    at = from + Math.ceil(length / BLOCK) * BLOCK;
  }
  return entries;
}

function header(path: string, length: number): Buffer {
  if (Buffer.byteLength(path) > 100) throw new RangeError(`path too long for the archive: ${path}`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  block.write(path, 0);
  block.write(octal(0o644, 7), 100); // mode
  block.write(octal(0, 7), 108); // user
  block.write(octal(0, 7), 116); // group
  block.write(octal(length, 11), 124);
  block.write(octal(0, 11), 136); // modified
  block.write(' '.repeat(8), 148); // the checksum counts as spaces while it is computed
  block.write('0', 156); // ordinary file
  block.write('ustar\0', 257);
  block.write('00', 263);
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function padded(bytes: Uint8Array): Buffer {
  const length = Math.ceil(bytes.length / BLOCK) * BLOCK;
  return Buffer.concat([bytes], length);
}
