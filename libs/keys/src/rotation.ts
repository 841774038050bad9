import { randomBytes } from 'node:crypto';
import type { Database } from '@selfsame/database/database';
import { Failure } from '@selfsame/runtime/errors';
import {
  addDataKey,
  type DataKeyRow,
  findDataKeys,
  holdDataKeys,
  listDataKeys,
  saveWrapping,
  serviceOf,
} from './key-table.ts';
import type { KeyContext, KeyProvider } from './provider.ts';
import { keyUnopenable, wrapAndCheck } from './providers/wrapping.ts';

const KEY_BYTES = 32;
/** Somebody else may rotate or rewrap in the same moment. */
const ATTEMPTS = 3;

/**
 * Adds a version to the data keys of each purpose, or of one. Running replicas learn it within seconds and seal what is new
 * under it; what was sealed before stays readable. A provider that does not open the newest data keys is not the service's, and
 * what it sealed would lock the service out: nothing is added then.
 * @throws Failure `no_data_keys`, `data_keys_changing`, those of the provider
 */
export async function rotateDataKeys(
  database: Database,
  provider: KeyProvider,
  purpose?: string,
): Promise<{ purpose: string; version: number }[]> {
  const service = await serviceOf(database.db);
  const rotated: { purpose: string; version: number }[] = [];
  const purposes = await purposesOf(database, purpose);
  for (const each of purposes) await openNewest(database, provider, service, each);
  for (const each of purposes) {
    rotated.push({ purpose: each, version: await addVersion(database, provider, service, each) });
  }
  return rotated;
}

async function addVersion(
  database: Database,
  provider: KeyProvider,
  service: string,
  purpose: string,
): Promise<number> {
  const dataKey = randomBytes(KEY_BYTES);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const newest = await openNewest(database, provider, service, purpose);
    const version = newest.version + 1;
    const wrapped = await wrapAndCheck(provider, dataKey, contextOf(service, { purpose, version }));
    const added = await database.transaction(async (tx) => {
      await holdDataKeys(tx);
      // A rewrap may have taken the data keys to another provider meanwhile.
      const now = (await findDataKeys(tx, purpose)).at(-1);
      if (now === undefined || !sameRows([newest], [now])) return false;
      return await addDataKey(tx, { purpose, version, ...wrapped });
    });
    if (added) return version;
  }
  throw changing();
}

/** @throws Failure `no_data_keys`, those of a provider that does not open it */
async function openNewest(
  database: Database,
  provider: KeyProvider,
  service: string,
  purpose: string,
): Promise<DataKeyRow> {
  const newest = (await findDataKeys(database.db, purpose)).at(-1);
  if (newest === undefined) throw noDataKeys();
  const opened = await unwrapByAny([provider], newest, contextOf(service, newest));
  opened.fill(0);
  return newest;
}

/**
 * Seals every data key anew under the current key of `to`, all in one transaction: whoever starts meanwhile finds all of them
 * before or all of them after, and a rewrap that was interrupted has changed nothing. Values stay as they are, and running
 * replicas have their data keys in memory.
 * @param from who may have sealed them: the provider until now, and `to` where a rewrap is done again
 * @returns how many
 * @throws Failure `no_data_keys`, `data_keys_changing`, those of the providers
 */
export async function rewrapDataKeys(
  database: Database,
  from: readonly KeyProvider[],
  to: KeyProvider,
): Promise<number> {
  const service = await serviceOf(database.db);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const before = await listDataKeys(database.db);
    if (before.length === 0) throw noDataKeys();
    // Providers are asked before anything is held; they may take their time.
    const after: Parameters<typeof saveWrapping>[1][] = [];
    for (const row of before) {
      const context = contextOf(service, row);
      const dataKey = await unwrapByAny(from, row, context);
      after.push({
        purpose: row.purpose,
        version: row.version,
        ...(await wrapAndCheck(to, dataKey, context)),
      });
      dataKey.fill(0);
    }
    const saved = await database.transaction(async (tx) => {
      await holdDataKeys(tx);
      if (!sameRows(before, await listDataKeys(tx))) return false;
      for (const row of after) await saveWrapping(tx, row);
      return true;
    });
    if (saved) return after.length;
  }
  throw changing();
}

async function unwrapByAny(
  providers: readonly KeyProvider[],
  row: DataKeyRow,
  context: KeyContext,
): Promise<Buffer> {
  let failure = keyUnopenable(
    context,
    `it is sealed by provider ${row.provider}; give the settings of that one`,
  );
  for (const provider of providers.filter((each) => each.name === row.provider)) {
    try {
      return await provider.unwrap({ keyVersion: row.provider_key_version, wrapped: row.wrapped }, context);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failure = error;
    }
  }
  throw failure;
}

async function purposesOf(database: Database, purpose?: string): Promise<string[]> {
  const purposes = new Set((await listDataKeys(database.db)).map((row) => row.purpose));
  if (purpose !== undefined && !purposes.has(purpose)) throw noDataKeys();
  if (purposes.size === 0) throw noDataKeys();
  return purpose === undefined ? [...purposes] : [purpose];
}

function sameRows(before: readonly DataKeyRow[], now: readonly DataKeyRow[]): boolean {
  return (
    before.length === now.length && before.every((row, index) => now[index]?.wrapped.equals(row.wrapped))
  );
}

function contextOf(service: string, { purpose, version }: { purpose: string; version: number }): KeyContext {
  return { service, purpose, version: String(version) };
}

/** Of a service that has not been started yet. */
export function noDataKeys(): Failure {
  return new Failure(
    'not_found',
    'no_data_keys',
    'There are no data keys: the first start of the service makes them',
  );
}

function changing(): Failure {
  return new Failure('conflict', 'data_keys_changing', 'Somebody else is changing the data keys. Try again.');
}
