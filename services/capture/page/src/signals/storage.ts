import { database, done, store } from '../look/device-key.ts';
import { type Found, orNull, type Part } from './part.ts';

/** What the browser lets a page keep, and how much. */
export const storage: Part = {
  patienceMs: 800,
  async read(): Promise<Found> {
    const { jsHeapSizeLimit } = (performance as { memory?: { jsHeapSizeLimit?: number } }).memory ?? {};
    const megabyte = 1_048_576;
    const quota = await navigator.storage?.estimate?.().catch(() => null);
    return {
      local_storage: orNull(keepsText) ?? false,
      storage_quota_mb: quota?.quota === undefined ? null : Math.round(quota.quota / megabyte),
      heap_limit_mb: jsHeapSizeLimit === undefined ? null : Math.round(jsHeapSizeLimit / megabyte),
      service_worker: 'serviceWorker' in navigator,
    };
  },
};

function keepsText(): boolean {
  const key = 'selfsame-try';
  localStorage.setItem(key, '1');
  const isKept = localStorage.getItem(key) === '1';
  localStorage.removeItem(key);
  return isKept;
}

/** Whether there is a private file system: private windows of some browsers refuse it, each in its own words. */
export const fileSystem: Part = {
  patienceMs: 500,
  async read(): Promise<Found> {
    if (typeof navigator.storage?.getDirectory !== 'function') return { file_system: 'missing' };
    const answer = await navigator.storage.getDirectory().then(
      () => 'ok',
      (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : 'refused'),
    );
    return { file_system: answer };
  },
};

const name = 'selfsame-mark';
const cookieSeconds = 400 * 86_400;
const dayMs = 86_400_000;

/**
 * A mark of the day on which this browser was here first, in three places. Its value stays here: told is in how many
 * places it was, how many different ones there were, and how old it says that it is.
 */
export const mark: Part = {
  patienceMs: 1_000,
  async read(): Promise<Found> {
    const places = { cookie: orNull(readCookie), text: orNull(() => localStorage.getItem(name)) };
    const opened = typeof indexedDB === 'object' ? await database().catch(() => null) : null;
    const kept = opened === null ? null : await readRow(opened).catch(() => null);
    const found = [places.cookie, places.text, kept].filter((each) => each !== null && madeAt(each) > 0);
    const oldest = [...found].sort((one, other) => madeAt(one) - madeAt(other))[0] ?? null;
    await keep(oldest ?? `${Date.now().toString(36)}.${Math.random().toString(36).slice(2)}`, opened);
    opened?.close();
    return {
      indexed_db: opened !== null,
      mark_places: found.length,
      mark_count: new Set(found).size,
      mark_age_days: oldest === null ? null : Math.max(0, (Date.now() - madeAt(oldest)) / dayMs),
    };
  },
};

/** Every place gets the oldest one. A place that takes none is left alone. */
async function keep(value: string, opened: IDBDatabase | null): Promise<void> {
  orNull(() => {
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    // biome-ignore lint/suspicious/noDocumentCookie: the asynchronous cookie store is not everywhere
    document.cookie = `${name}=${value}; Path=/; Max-Age=${cookieSeconds}; SameSite=Lax${secure}`;
  });
  orNull(() => localStorage.setItem(name, value));
  if (opened === null) return;
  await done(opened.transaction(store, 'readwrite').objectStore(store).put(value, name)).catch(() => null);
}

const madeAt = (value: string | null) => Number.parseInt(value?.split('.')[0] ?? '', 36) || 0;
const readCookie = () =>
  document.cookie
    .split('; ')
    .find((each) => each.startsWith(`${name}=`))
    ?.slice(name.length + 1) ?? null;

async function readRow(opened: IDBDatabase): Promise<string | null> {
  const value = await done<unknown>(opened.transaction(store).objectStore(store).get(name));
  return typeof value === 'string' ? value : null;
}

/** The device is to be forgotten: what would tell of it is gone from here. Never fails. */
export function dropMark(): void {
  orNull(() => {
    // biome-ignore lint/suspicious/noDocumentCookie: see above
    document.cookie = `${name}=; Path=/; Max-Age=0`;
  });
  orNull(() => localStorage.removeItem(name));
}
