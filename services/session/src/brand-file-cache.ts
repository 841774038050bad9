/** Files that were asked for lately, by names that say what is in them; so what is here is never wrong. */
export interface FileCache {
  /** The file, from `read` when it is not here; those that do not exist are not remembered. */
  get(name: string, read: (name: string) => Promise<Buffer | null>): Promise<Buffer | null>;
}

/** Keeps the files that were asked for last, within both bounds. */
export function createFileCache({ maxFiles, maxBytes }: { maxFiles: number; maxBytes: number }): FileCache {
  // In the order in which they were asked for, the last one at the end.
  const kept = new Map<string, Buffer>();
  let bytes = 0;

  function drop(name: string): void {
    bytes -= kept.get(name)?.length ?? 0;
    kept.delete(name);
  }

  function keep(name: string, file: Buffer): void {
    drop(name);
    kept.set(name, file);
    bytes += file.length;
    for (const oldest of kept.keys()) {
      if (kept.size <= maxFiles && bytes <= maxBytes) return;
      drop(oldest);
    }
  }

  return {
    async get(name, read) {
      const file = kept.get(name) ?? (await read(name));
      if (file !== null) keep(name, file);
      return file;
    },
  };
}
