import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '@selfsame/runtime/errors';
import { listFactOf } from './list-source.ts';

/** Files in a directory: some ten databases and as many lists. */
const maxFiles = 100;
/** City databases have 150 MB, the largest editions 800. */
const maxDatabaseBytes = 2 ** 30;
const maxListBytes = 64 * 2 ** 20;
const chunkBytes = 4 * 2 ** 20;

/** A file that may be of use. */
export interface FoundFile {
  /** Below the directory, with / between. */
  readonly name: string;
  readonly path: string;
  readonly isDatabase: boolean;
  /** Another one when the file is another one, or was written to. */
  readonly stamp: string;
  readonly size: number;
  readonly writtenAt: Date;
}

/**
 * Databases (*.mmdb) and lists in a directory and in the directories in it. Links are followed, as Kubernetes volumes need;
 * hidden entries are passed over.
 *
 * @throws Error of the file system when the directory itself cannot be read; Failure `too_many_files`
 */
export async function findFiles(directory: string): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for (const entry of await entriesOf(directory)) {
    const about = await stat(join(directory, entry)).catch(() => null);
    if (about?.isDirectory()) {
      for (const inner of await entriesOf(join(directory, entry))) await add(`${entry}/${inner}`);
    } else await add(entry);
  }
  return found;

  async function add(name: string) {
    const file = await describe(directory, name);
    if (file !== null && found.push(file) > maxFiles) {
      throw new Failure('invalid', 'too_many_files', `There are more than ${maxFiles} databases and lists`);
    }
  }
}

/**
 * Reads a file whole, as long as nobody writes to it.
 *
 * @returns null: it was changed meanwhile, or is gone
 * @throws Failure `file_too_large`; Error of the file system, or when the signal aborts
 */
export async function readWhole(file: FoundFile, signal: AbortSignal): Promise<Buffer | null> {
  const maxBytes = file.isDatabase ? maxDatabaseBytes : maxListBytes;
  if (file.size > maxBytes) {
    throw new Failure('invalid', 'file_too_large', `The file has ${file.size} bytes, more than ${maxBytes}`);
  }
  const opened = await open(file.path, 'r').catch(absent);
  if (opened === null) return null;
  await using handle = opened;
  if (stampOf(await handle.stat({ bigint: true })) !== file.stamp) return null;
  const bytes = Buffer.allocUnsafeSlow(file.size);
  let at = 0;
  while (at < bytes.length) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(bytes, at, Math.min(chunkBytes, bytes.length - at), at);
    if (bytesRead === 0) return null;
    at += bytesRead;
  }
  return stampOf(await handle.stat({ bigint: true })) === file.stamp ? bytes : null;
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

async function entriesOf(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((entry) => !entry.startsWith('.')).toSorted();
}

async function describe(directory: string, name: string): Promise<FoundFile | null> {
  const isDatabase = name.endsWith('.mmdb');
  if (!isDatabase && listFactOf(baseName(name)) === null) return null;
  const path = join(directory, name);
  const about = await stat(path, { bigint: true }).catch(() => null);
  if (about === null || !about.isFile()) return null;
  return {
    name,
    path,
    isDatabase,
    stamp: stampOf(about),
    size: Number(about.size),
    writtenAt: new Date(Number(about.mtimeMs)),
  };
}

/** The last part of a name. */
export function baseName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function stampOf({ ino, size, mtimeNs }: { ino: bigint; size: bigint; mtimeNs: bigint }): string {
  return `${ino} ${size} ${mtimeNs}`;
}
