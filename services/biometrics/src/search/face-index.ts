import type { Log } from '@selfsame/runtime/log';
import { byLikeness, type Likeness } from './best.ts';
import { openSearchThreads } from './search-threads.ts';
import { createShelves, type FaceKind, type Shelves } from './shelves.ts';
import { createTurns } from './turns.ts';

/** A face protected under one key version of an application. */
export interface Probe {
  readonly keyVersion: number;
  readonly template: Int8Array;
}

/** The best likenesses of each kind, best first. */
export type LikenessesByKind = Readonly<Record<FaceKind, readonly Likeness[]>>;

/** All searchable templates, in memory that the search threads share. */
export interface FaceIndex {
  /** Resolves when searches take as long as they will. */
  readonly ready: Promise<void>;
  /** Templates that it holds. */
  size(): number;
  /**
   * Compares with every template of the application that is of a probe's key version: what is found is exact.
   * @param options.keep how many of each kind at most
   * @param options.floor the lowest dot product that matters
   * @param options.signal nobody waits any more
   * @throws Failure `search_thread_lost`
   */
  search(
    applicationId: string,
    probes: readonly Probe[],
    options: { keep: number; floor: number; signal: AbortSignal },
  ): Promise<LikenessesByKind>;
  /** Changes what is stored while no search is under way. `apply` must not wait for anything. */
  change<T>(apply: (shelves: Omit<Shelves, 'memory'>) => T): Promise<T>;
  close(): Promise<void>;
}

const KINDS: readonly FaceKind[] = ['subject', 'blocklist', 'allowlist'];

/**
 * @param options.maxBytes of memory for templates
 * @param options.threads that may scan at once
 */
export function openFaceIndex(options: { maxBytes: number; threads: number; log: Log }): FaceIndex {
  const shelves = createShelves(options.maxBytes);
  const threads = openSearchThreads({ ...options, memory: shelves.memory });
  const turns = createTurns();
  return {
    change: (apply) => turns.change(() => apply(shelves)),
    ready: threads.ready,
    size: () => shelves.records,
    close: threads.close,
    search: (applicationId, probes, { keep, floor, signal }) =>
      turns.scan(async () => {
        const parts = KINDS.flatMap((kind) =>
          probes.flatMap(({ keyVersion, template: probe }) => {
            const shelf = shelves.find({ applicationId, keyVersion, kind });
            return shelf === undefined ? [] : [{ kind, shelf, probe, keep, floor }];
          }),
        );
        const found = await threads.scan(parts, signal);
        const best = (kind: FaceKind) =>
          found
            .filter((_, index) => parts[index]?.kind === kind)
            .flat()
            .sort(byLikeness)
            .slice(0, keep);
        return { subject: best('subject'), blocklist: best('blocklist'), allowlist: best('allowlist') };
      }),
  };
}
