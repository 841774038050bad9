import { randomBytes } from 'node:crypto';
import type { Database } from '@selfsame/database/database';
import { errorCode, Failure } from '@selfsame/runtime/errors';
import type { Log } from '@selfsame/runtime/log';
import { addDataKey, type DataKeyRow, findDataKeys, type KeyTables, serviceOf } from './key-table.ts';
import type { KeyContext, KeyProvider } from './provider.ts';
import { openProvider } from './providers/open.ts';
import { keyUnopenable, wrapAndCheck } from './providers/wrapping.ts';
import {
  headerOf,
  openValue,
  type SealingKey,
  sealingKey,
  sealValue,
  unopenable,
  versionOfSealed,
} from './sealed.ts';
import type { KeySettings } from './settings.ts';

/** The data keys of one purpose, open in memory. */
export interface Keyring {
  /**
   * 32 bytes that never change, for what is derived and cannot be made anew: names, blind indexes, tokens. The data key of
   * version 1.
   */
  readonly root: Buffer;
  /** The version of the data key that `seal` takes. */
  newest(): number;
  /**
   * AES-256-GCM under the newest data key. The result names the key version; the owner is authenticated with it.
   * @param owner whatever the value belongs to, the application first: [applicationId, 'share', shareId]
   */
  seal(plain: Uint8Array, owner: readonly string[]): Buffer;
  /**
   * @throws Failure `sealed_unopenable` when it was altered, moved to another owner or sealed under another keyring; those of
   *   the provider when its key was made a moment ago by another process, and cannot be unsealed
   */
  open(sealed: Uint8Array, owner: readonly string[]): Promise<Buffer>;
  /** What every value under the newest data key begins with, and no other: for queries that look for older ones. */
  newestPrefix(): Buffer;
  /** The version of the data key of a sealed value; undefined when no keyring has sealed it. */
  versionOf(sealed: Uint8Array): number | undefined;
  /** Learns data keys that were added meanwhile; it happens by itself every few seconds. @throws Failure of the provider */
  refresh(): Promise<void>;
  /** Seals and opens no more; `root` is its owner's until the end. */
  close(): void;
}

/** Tells whether a key is the one that something was sealed under before there were keyrings. */
export type SealedBefore = (key: Buffer) => boolean | Promise<boolean>;

const KEY_BYTES = 32;
const REFRESH_INTERVAL_MS = 5_000;

/**
 * Opens the data keys of a purpose, and makes the first.
 * @param options.firstKey what version 1 is on an empty table (a key that the service had before there were keyrings, also the
 *   wrapping key of the provider `environment`); random where there is none
 * @param options.firstKeyVariable its setting, for error texts
 * @param options.sealedBefore asked before the first data key is made: is there anything that was sealed before there were
 *   keyrings, and would be lost under another key?
 * @param options.refreshIntervalMs how often data keys of other processes are looked for; 5 s
 * @throws Failure `key_unopenable`, `key_provider_unreachable`, `key_file_missing`, `key_version_unknown`,
 *   `key_provider_unconfigured`, `first_key_missing`, `first_key_mismatch`
 */
export async function openKeyring(options: {
  purpose: string;
  database: Database;
  settings: KeySettings;
  firstKey?: Buffer | undefined;
  firstKeyVariable?: string;
  sealedBefore?: () => Promise<SealedBefore | undefined>;
  refreshIntervalMs?: number;
  log: Log;
}): Promise<Keyring> {
  const { purpose, settings, firstKey, log, refreshIntervalMs = REFRESH_INTERVAL_MS } = options;
  const database: Database<KeyTables> = options.database;
  const variable = options.firstKeyVariable ?? `the key of ${purpose}`;
  const provider = openProvider(settings, { variable, key: firstKey });
  const service = await serviceOf(database.db);
  const contextOf = (version: number): KeyContext => ({ service, purpose, version: String(version) });

  const dataKeys = new Map<number, SealingKey>();
  let root: Buffer | undefined;
  let newest = 0;
  let closed = false;
  let learning: Promise<void> | undefined;

  async function learn(): Promise<void> {
    for (const row of await findDataKeys(database.db, purpose, newest)) {
      const dataKey = await unwrap(provider, row, contextOf(row.version));
      if (closed) return;
      if (row.version === 1) root = dataKey;
      dataKeys.set(row.version, sealingKey(purpose, row.version, dataKey));
      newest = row.version;
    }
  }

  /** One look into the table at a time; whoever comes during one waits for the next, which sees what was committed. */
  async function refresh(): Promise<void> {
    await learning?.catch(() => {});
    learning ??= learn().finally(() => {
      learning = undefined;
    });
    await learning;
  }

  async function makeFirst(): Promise<void> {
    const opens = await options.sealedBefore?.();
    if (opens && !firstKey) throw firstKeyMissing(service, variable);
    if (opens && firstKey && !(await opens(firstKey))) throw firstKeyMismatch(service, variable);
    const first = firstKey ?? randomBytes(KEY_BYTES);
    const wrapped = await wrapAndCheck(provider, first, contextOf(1));
    if (await addDataKey(database.db, { purpose, version: 1, ...wrapped }))
      log.info({ purpose, provider: provider.name }, 'first data key made');
  }

  await refresh();
  if (newest === 0) {
    await makeFirst();
    await refresh(); // what lies in the table counts: another replica may have been first
  }
  if (!root) throw new Error(`${purpose} has no first data key`);

  const timer = setInterval(() => {
    refresh().catch((error) =>
      log.warn(
        { purpose, code: errorCode(error), ...(error instanceof Failure && { reason: error.message }) },
        'a new data key cannot be opened; sealing goes on under the one before, but a start would fail: see docs/keys.md, ' +
          '"A data key that the service cannot open"',
      ),
    );
  }, refreshIntervalMs).unref();

  function newestKey(): SealingKey {
    const key = dataKeys.get(newest);
    if (!key) throw new Error('the keyring is closed');
    return key;
  }

  return {
    root,
    newest: () => newest,
    seal: (plain, owner) => sealValue(newestKey(), plain, owner),
    async open(sealed, owner) {
      const version = versionOfSealed(sealed);
      if (version === undefined) throw unopenable();
      if (!dataKeys.has(version)) await refresh();
      const key = dataKeys.get(version);
      if (!key) throw unopenable();
      return openValue(key, Buffer.from(sealed), owner);
    },
    newestPrefix: () => headerOf(newest),
    versionOf: versionOfSealed,
    refresh,
    close() {
      closed = true;
      clearInterval(timer);
      for (const { key } of dataKeys.values()) key.fill(0);
      dataKeys.clear();
    },
  };
}

async function unwrap(provider: KeyProvider, row: DataKeyRow, context: KeyContext): Promise<Buffer> {
  if (row.provider !== provider.name) {
    throw keyUnopenable(
      context,
      `it is sealed by provider ${row.provider}, and KEY_PROVIDER is ${provider.name}; set KEY_PROVIDER=${row.provider} or ` +
        'have it rewrapped (pnpm keys rewrap)',
    );
  }
  return await provider.unwrap({ keyVersion: row.provider_key_version, wrapped: row.wrapped }, context);
}

function firstKeyMissing(service: string, variable: string): Failure {
  return new Failure(
    'precondition',
    'first_key_missing',
    `${service} holds what was sealed under ${variable} before there were data keys: set ${variable} until the first start has ` +
      'taken it over',
  );
}

/** A wrong key that became the first data key would stay it. */
function firstKeyMismatch(service: string, variable: string): Failure {
  return new Failure(
    'precondition',
    'first_key_mismatch',
    `${variable} does not open what ${service} has sealed in the database: set the key that sealed it`,
  );
}
