import { errorCode, Failure } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import { openDatabaseSource } from './database-source.ts';
import { baseName, type FoundFile, findFiles, readWhole } from './files.ts';
import { listFactOf, openListSource } from './list-source.ts';
import type { Source } from './source.ts';

/** Reading one file and looking through it. */
const loadDeadlineMs = 120_000;

/** What became of a file. */
export interface FileStatus {
  /** Below the directory. */
  readonly name: string;
  /**
   * loaded: in use as it is. kept: it is broken, and what was read before is in use. refused: it is broken, and nothing of it
   * is in use. unknown: it is of a kind that nobody needs.
   */
  readonly state: 'loaded' | 'kept' | 'refused' | 'unknown';
  /** Why it is not loaded: `mmdb_marker`, `mmdb_metadata`, `mmdb_tree`, `mmdb_data`, `list_empty`, ...; null when it is. */
  readonly code: string | null;
  /** When the data in use was made; null without any. */
  readonly builtAt: Date | null;
}

/** The files of a directory that are in use. */
export interface Sources {
  /** Looks at the directory and loads what is new. Never rejects: what cannot be used is logged, once for each change. */
  refresh(signal: AbortSignal): Promise<void>;
  inUse(): readonly Source[];
  status(): readonly FileStatus[];
  /** Why the directory cannot be read; null when it can. */
  directoryCode(): string | null;
}

interface Held {
  readonly stamp: string;
  readonly source: Source | null;
  readonly code: string | null;
}

/**
 * Keeps the databases and lists of a directory in memory. A file that has changed is read beside what is in use, which it
 * replaces only when it is whole.
 *
 * @param onChange is told whenever another set is in use
 */
export function createSources(directory: string, log: Log, onChange: () => void): Sources {
  const held = new Map<string, Held>();
  let directoryTrouble: string | null = null;

  async function refresh(signal: AbortSignal): Promise<void> {
    const found = await look();
    if (found === null) return;
    for (const name of [...held.keys()].filter((each) => !found.some((file) => file.name === each))) {
      held.delete(name);
      log.warn({ file: name }, 'a file of IP data is gone: what only it knew is not available');
      onChange();
    }
    for (const file of found) {
      if (signal.aborted) return;
      if (held.get(file.name)?.stamp !== file.stamp) await load(file, signal);
    }
  }

  /** null: nothing can be said of the files, so that those in use stay in use. */
  async function look(): Promise<readonly FoundFile[] | null> {
    try {
      const found = await findFiles(directory);
      directoryTrouble = null;
      return found;
    } catch (error) {
      const code = errorCode(error);
      if (code !== directoryTrouble) log.error({ code }, 'the directory of IP data cannot be read');
      directoryTrouble = code;
      return code === 'ENOENT' ? [] : null;
    }
  }

  async function load(file: FoundFile, stopping: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(loadDeadlineMs)]);
    const before = held.get(file.name);
    try {
      const bytes = await readWhole(file, signal);
      // Somebody is writing to it: the next look finds it whole.
      if (bytes === null) return;
      const source = await openSource(file, bytes, signal);
      held.set(file.name, { stamp: file.stamp, source, code: null });
      tell(file, source);
      onChange();
    } catch (error) {
      if (stopping.aborted) return;
      const code = errorCode(error);
      // What the file system cannot do now it may do next time; what is in the file stays there.
      const stamp = error instanceof Failure ? file.stamp : '';
      const source = before?.source ?? null;
      held.set(file.name, { stamp, source, code });
      if (stamp === '' && before?.code === code) return;
      const reason = error instanceof Failure ? error.message : 'the file cannot be read';
      const about = { file: file.name, code, reason, kept: source !== null };
      if (code === 'kind_unknown') log.warn(about, 'a database is of no use here');
      else log.error(about, 'a file of IP data is broken');
      onChange();
    }
  }

  function tell(file: FoundFile, source: Source) {
    const builtAt = source.builtAt.toISOString();
    log.info({ file: file.name, built_at: builtAt }, 'a file of IP data is in use');
    if (source.type === 'list' && source.badLineCount > 0) {
      const { badLineCount, badLines } = source;
      log.warn(
        { file: file.name, count: badLineCount, lines: badLines },
        'lines of a list could not be read',
      );
    }
  }

  return {
    refresh,
    directoryCode: () => directoryTrouble,
    inUse: () => [...held.values()].flatMap(({ source }) => source ?? []),
    status: () =>
      [...held].map(([name, { source, code }]) => ({
        name,
        state: stateOf(source, code),
        code,
        builtAt: source?.builtAt ?? null,
      })),
  };
}

function stateOf(source: Source | null, code: string | null): FileStatus['state'] {
  if (code === null) return 'loaded';
  if (source !== null) return 'kept';
  return code === 'kind_unknown' ? 'unknown' : 'refused';
}

async function openSource(file: FoundFile, bytes: Buffer, signal: AbortSignal): Promise<Source> {
  if (file.isDatabase) return openDatabaseSource(file.name, bytes, signal);
  const fact = listFactOf(baseName(file.name));
  if (fact === null) throw new Failure('invalid', 'kind_unknown', 'The name is of no list');
  const { name, writtenAt } = file;
  return openListSource({ name, fact, writtenAt, bytes }, signal);
}
