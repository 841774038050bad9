import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { misconfigured, type ObjectStore, storeUnavailable } from './object-store.ts';

/**
 * A folder, for one machine or a volume that all replicas share. Objects come whole or not at all, and are on the disk when
 * `put` resolves.
 */
export async function openFileStore(url: URL): Promise<ObjectStore> {
  const folder = folderOf(url);
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw misconfigured(`OBJECT_STORE_URL: ${folder} cannot be made or written`, cause);
  });
  const pathOf = (name: string) => join(folder, ...partsOf(name));

  return {
    async put(name, bytes) {
      const path = pathOf(name);
      const unfinished = `${path}.${randomUUID()}.tmp`;
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        const file = await open(unfinished, 'wx', 0o600);
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(unfinished, path);
      } catch (cause) {
        await rm(unfinished, { force: true }).catch(() => {});
        throw storeUnavailable(cause);
      }
    },
    async get(name) {
      try {
        return await readFile(pathOf(name));
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw storeUnavailable(cause);
      }
    },
    async remove(name) {
      await rm(pathOf(name), { force: true }).catch((cause: unknown) => {
        throw storeUnavailable(cause);
      });
    },
  };
}

function folderOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw misconfigured('OBJECT_STORE_URL: a folder is named as file:///path', cause);
  }
}

/** Names are made of UUIDs; whatever could leave the folder is a bug. */
function partsOf(name: string): string[] {
  const parts = name.split('/');
  if (parts.every((part) => /^[\w-]+$/.test(part))) return parts;
  throw new Error('an object whose name is no path of plain words');
}
