import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '@selfsame/database/database';
import { errorCode } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import type { Vault } from '../outbound/vault.ts';
import { EMBEDDING_SPACE } from '../pipeline/embedding.ts';
import type { FaceIndex } from './face-index.ts';
import {
  type FaceRow,
  pruneRemovals,
  readFaces,
  readRemovals,
  type Snapshot,
  takeSnapshot,
} from './search-store.ts';

/**
 * What the index is good for.
 * - building: it does not hold everything yet
 * - current: it holds what Postgres held a moment ago
 * - late: it was not read for a quarter of a minute
 * - full: there are more templates than memory for them
 */
export type IndexState = 'building' | 'current' | 'late' | 'full';

/** Keeps an index as Postgres is. */
export interface Follower {
  /** Resolves when everything was read once, rejects when the first attempt fails. */
  readonly built: Promise<void>;
  state(): IndexState;
  /** Something has changed: read it now instead of within seconds. */
  nudge(): void;
  /** Resolves once everything that was committed before the call is in the index. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/** Rows that are opened between two turns of the event loop: some 2 ms. */
const BATCH = 250;
const PROGRESS_EVERY = 100_000;
/**
 * Three readings in a row that did not come: one may be lost to a restart of Postgres or to a busy moment. For so long a
 * face that was just enrolled or blocked elsewhere may be missed by a search that says it has searched.
 */
const LATE_MS = 15_000;
const LATE_READINGS = 3;
/** Events that come one after the other are read together. */
const PAUSE_MS = 50;
/** While there is no room: whether there is some by now. */
const FULL_RETRY_MS = 60_000;
const PRUNE_INTERVAL_MS = 600_000;
const REMOVALS_KEPT_HOURS = 24;
/** A replica that was away for longer may have missed removals that are forgotten by now. */
const REBUILD_AFTER_MS = 23 * 3_600_000;

/**
 * Reads all templates, then whatever has changed since: at every nudge, and every few seconds without one. Changes are
 * found by transaction, not by time: a row names the transaction that wrote it last, and what the last reading could not
 * see is read. So nothing is missed or read twice, however long a transaction takes and whichever event got lost.
 */
export function startFollower(options: {
  database: Database;
  vault: Pick<Vault, 'open'>;
  index: FaceIndex;
  log: Log;
  intervalMs: number;
}): Follower {
  const { database, vault, index, log, intervalMs } = options;
  const lateMs = Math.max(LATE_MS, LATE_READINGS * intervalMs);
  const stopping = new AbortController();
  const built = Promise.withResolvers<void>();
  built.promise.catch(() => {});
  let position: Snapshot | undefined;
  let full = false;
  let readAt = Number.NEGATIVE_INFINITY;
  let prunedAt = Number.NEGATIVE_INFINITY;
  let builtAt = Number.NEGATIVE_INFINITY;
  let wake = new AbortController();
  let round = Promise.withResolvers<void>();

  async function catchUp(): Promise<void> {
    await database.transaction(async (tx) => {
      const snapshot = await takeSnapshot(tx);
      const retry = full && performance.now() - builtAt > FULL_RETRY_MS;
      const since = retry ? undefined : readSince(position, snapshot);
      if (since === undefined) await begin();
      let read = 0;
      for await (const rows of readFaces(tx, since, BATCH)) {
        await apply(rows);
        if (stopping.signal.aborted) return;
        read += rows.length;
        if (rows.length > 0 && read % PROGRESS_EVERY === 0) {
          log.info({ read }, 'search index: reading templates');
        }
      }
      if (since !== undefined) await remove(await readRemovals(tx, since));
      if (since === undefined) {
        const records = await index.change((shelves) => shelves.records);
        log.info({ records, ms: Math.round(performance.now() - builtAt) }, 'search index built');
      }
      position = snapshot;
    });
    readAt = performance.now();
  }

  async function begin(): Promise<void> {
    position = undefined;
    full = false;
    builtAt = performance.now();
    await index.change((shelves) => shelves.clear());
  }

  async function apply(rows: readonly FaceRow[]): Promise<void> {
    const opened = rows.map((row) => ({ row, template: open(row) }));
    await index.change((shelves) => {
      for (const { row, template } of opened) {
        if (template === undefined) {
          shelves.remove(row.id);
          continue;
        }
        const { applicationId } = row.owner;
        const name = { applicationId, keyVersion: row.template.keyVersion, kind: row.kind };
        if (shelves.put(row.id, name, template) === 'full') noteFull(shelves.capacity);
      }
    });
  }

  /** What can be compared with looks of today; undefined when nothing can. */
  function open({ owner, key, template, id }: FaceRow): Int8Array | undefined {
    if (key === undefined || template.embeddingSpace !== EMBEDDING_SPACE) return undefined;
    try {
      return vault.open(owner, key, template);
    } catch (error) {
      log.error({ row_id: id, code: errorCode(error) }, 'a stored face does not open; it cannot be found');
      return undefined;
    }
  }

  async function remove(ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return;
    await index.change((shelves) => {
      for (const id of ids) shelves.remove(id);
    });
  }

  function noteFull(capacity: number): void {
    if (full) return;
    full = true;
    log.error(
      { code: 'search_index_full', capacity },
      'there are more templates than memory for them: sessions that search for faces go In Review; raise BIOMETRICS_SEARCH_MEMORY_MB',
    );
  }

  async function prune(): Promise<void> {
    if (performance.now() - prunedAt < PRUNE_INTERVAL_MS) return;
    await pruneRemovals(database.db, REMOVALS_KEPT_HOURS);
    prunedAt = performance.now();
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const woken = wake.signal;
      const done = round;
      round = Promise.withResolvers<void>();
      try {
        await catchUp();
        built.resolve();
        done.resolve();
        await prune();
      } catch (err) {
        built.reject(err);
        done.resolve(round.promise);
        log.warn({ err }, 'search index: could not read what has changed; trying again');
      }
      await wait(PAUSE_MS, stopping.signal);
      await wait(intervalMs, woken);
    }
    built.reject(new Error('stopped before the search index was built'));
    round.resolve();
  }

  function nudge(): void {
    wake.abort();
    wake = new AbortController();
  }

  const running = run();
  return {
    built: built.promise,
    nudge,
    state() {
      if (full) return 'full';
      if (position === undefined) return 'building';
      return performance.now() - readAt > lateMs ? 'late' : 'current';
    },
    caughtUp() {
      // The round under way may have taken its snapshot already: the one after it has not.
      const next = round.promise;
      nudge();
      return next;
    },
    async stop() {
      stopping.abort();
      nudge();
      await running;
    },
  };
}

/**
 * Since when changes have to be read.
 * @param last when something was read last
 * @returns undefined: everything, because nobody can tell what has changed
 */
export function readSince(last: Snapshot | undefined, now: Snapshot): Snapshot | undefined {
  if (last === undefined) return undefined;
  if (now.at.getTime() - last.at.getTime() > REBUILD_AFTER_MS) return undefined;
  // Numbers only fall when an older state of the database was restored.
  return now.oldest < last.oldest ? undefined : last;
}

/** Until so long has passed or something has happened. */
async function wait(ms: number, happened: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal: happened }).catch(() => {});
}
