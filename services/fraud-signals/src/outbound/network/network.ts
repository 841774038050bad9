import { errorCode } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import { createGauge } from '@selfsame/runtime/metrics';
import { readAddress } from '../../domain/addresses.ts';
import { baseName } from './files.ts';
import { listFactOf } from './list-source.ts';
import { createLookout, type Sight } from './sight.ts';
import { areas, type Source } from './source.ts';
import { createSources, type FileStatus } from './sources.ts';

/** Where nothing else is said: databases change once a day, lists once an hour. */
const defaultPollIntervalMs = 10_000;
const alertIntervalMs = 60_000;

const dataAge = createGauge(
  'selfsame_ip_data_age_seconds',
  'How long ago the data of addresses that is in use was made, by file.',
  ['database'],
);
const degraded = createGauge(
  'selfsame_ip_data_degraded',
  '1 while a file of addresses, or their directory, cannot be read.',
);

/** What is known of addresses. */
export interface Network {
  /** Asks everything that is loaded, in microseconds. A text that is no address, such as an empty one, is nobody's. */
  look(address: string): Sight;
  /** Looks for changed files now; otherwise that happens every few seconds. Waits for a look that is under way. */
  refresh(): Promise<void>;
  status(): NetworkStatus;
  close(): Promise<void>;
}

/** Which files are in use. */
export interface NetworkStatus {
  readonly files: readonly FileStatus[];
  /** Why the directory cannot be read, such as ENOENT; null when it can, or when there is to be none. */
  readonly directoryCode: string | null;
  /** The directory or some file cannot be read: what is in use may be old, or nothing. */
  readonly isDegraded: boolean;
}

/**
 * Opens databases and lists of IP addresses and keeps them as new as their files. With nothing there, or no directory, every
 * fact but the address's own is missing. Of a file that breaks, the version in memory goes on answering. One that was broken
 * from the start makes every look a failed one, until it is mended or taken away, if nothing else knows what it may have known.
 * Neither goes unnoticed.
 *
 * @param options.directory databases (*.mmdb) and lists (*.txt), in it or one level below
 */
export async function openNetwork(options: {
  directory: string | undefined;
  log: Log;
  now?: () => Date;
  pollIntervalMs?: number;
}): Promise<Network> {
  const { directory, log, now = () => new Date(), pollIntervalMs = defaultPollIntervalMs } = options;
  const stopping = new AbortController();
  const sources = directory === undefined ? null : createSources(directory, log, renew);
  const alert = createAlerts(log);
  let lookout = createLookout([], alert);
  let isFailing = false;
  let refreshing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;

  function renew(): void {
    if (sources === null) return;
    const inUse = sources.inUse();
    lookout = createLookout(inUse, alert);
    isFailing = sources.status().some(({ name, state }) => state === 'refused' && isMissed(name, inUse));
  }

  /** One at a time. */
  function refresh(): Promise<void> {
    refreshing ??= (sources?.refresh(stopping.signal) ?? Promise.resolve()).finally(() => {
      refreshing = null;
    });
    return refreshing;
  }

  function poll(): void {
    timer = setTimeout(() => {
      void refresh().finally(() => {
        if (!stopping.signal.aborted) poll();
      });
    }, pollIntervalMs);
    timer.unref();
  }

  await refresh();
  if (sources !== null) poll();
  const status = (): NetworkStatus => {
    const files = sources?.status() ?? [];
    const directoryCode = sources?.directoryCode() ?? null;
    const isBroken = files.some(({ state }) => state === 'kept' || state === 'refused');
    return { files, directoryCode, isDegraded: isBroken || directoryCode !== null };
  };
  const shown = [
    dataAge(() =>
      status().files.flatMap(({ name, builtAt }) => {
        if (builtAt === null) return [];
        const seconds = (now().getTime() - builtAt.getTime()) / 1_000;
        return [{ labels: { database: name }, value: Math.max(0, seconds) }];
      }),
    ),
    degraded(() => [{ labels: {}, value: Number(status().isDegraded) }]),
  ];
  return {
    look(address) {
      const sight = lookout.look(readAddress(address), now());
      return isFailing ? { ...sight, failed: true } : sight;
    },
    refresh,
    status,
    async close() {
      for (const hide of shown) hide();
      stopping.abort();
      clearTimeout(timer);
      await refreshing;
    },
  };
}

/** Whether a file that cannot be read leaves something that nobody knows: what a database is for is not known then. */
function isMissed(name: string, inUse: readonly Source[]): boolean {
  const fact = listFactOf(baseName(name));
  const databases = inUse.filter((source) => source.type === 'database');
  if (fact === null)
    return areas.some((area) => !databases.some((database) => database.areas.includes(area)));
  const lists = inUse.filter((source) => source.type === 'list');
  return !databases.some(({ provides }) => provides.has(fact)) && !lists.some((list) => list.fact === fact);
}

/** A broken database is asked for every visit: a line a minute for each of them is enough. Addresses stay out of it. */
function createAlerts(log: Log): (file: string, error: unknown) => void {
  const toldAt = new Map<string, number>();
  return (file, error) => {
    const at = performance.now();
    if (at - (toldAt.get(file) ?? Number.NEGATIVE_INFINITY) < alertIntervalMs) return;
    toldAt.set(file, at);
    log.error({ file, code: errorCode(error) }, 'a database could not answer');
  };
}
