import { randomBytes, randomUUID } from 'node:crypto';
import { enqueueDeferred } from '@selfsame/bus/deferred';
import { type Database, openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { createLog } from '@selfsame/runtime/log';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { madeFace } from '../../test/made-faces.ts';
import { migrations } from '../migrations.ts';
import type { BiometricsTables } from '../outbound/tables.ts';
import { createVault } from '../outbound/vault.ts';
import { EMBEDDING_SPACE } from '../pipeline/embedding.ts';
import { activeKey, listTemplateKeys, revokeTemplateKey, rotateTemplateKey } from '../template-keys.ts';
import { type FaceSearch, openFaceSearch } from './face-search.ts';
import { renewListEntries } from './list-renewal.ts';
import { putListEntry } from './list-store.ts';

const log = createLog('biometrics', 'silent');
const vault = createVault(randomBytes(32));
const service = 'biometrics';
const applicationId = randomUUID();

let postgres: Awaited<ReturnType<typeof testDatabaseUrl>>;
let database: Database<BiometricsTables>;
let faces: FaceSearch;
beforeAll(async () => {
  postgres = await testDatabaseUrl();
  await migrate({ service, url: postgres.url, migrations, log });
  database = await openDatabase<BiometricsTables>({ service, url: postgres.url, migrations });
  const room = { threads: 1, maxBytes: 2 ** 24, intervalMs: 3_600_000 };
  faces = openFaceSearch({ database, vault, log, ...room });
  await faces.built;
});
afterAll(async () => {
  await faces.close();
  await database.close();
  await postgres.drop();
});

async function block(name: string): Promise<void> {
  const key = await activeKey(database.db, applicationId);
  const entry = { applicationId, listId: 'blocked', entryId: name };
  const made = { pipelineVersion: 'test', embeddingSpace: EMBEDDING_SPACE };
  const template = vault.protect(key, madeFace(name));
  const sealed = vault.seal({ kind: 'list_entry', ...entry }, key, template, made);
  await putListEntry(database.db, { ...entry, kind: 'blocklist' }, sealed, null);
}

function found(name: string) {
  return waitFor('a search', async () => {
    const asked = { applicationId, subject: undefined };
    const searched = await faces.search(asked, madeFace(name), 'others');
    return searched.searchOutcome === 'searched' && searched.searchMatches.map(({ entryId }) => entryId);
  });
}

const entriesUnder = async () =>
  (await listTemplateKeys({ database }, applicationId)).map(({ list_entries: entries }) => entries);

test('a face on a list outlives its key version, and nobody loses one by mistake', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `blocked ${index}`);
  for (const name of names) await block(name);
  await rotateTemplateKey({ database }, applicationId);
  await sql`UPDATE face_list_entries SET sealed = set_byte(sealed, 99, get_byte(sealed, 99) # 1)
    WHERE entry_id = 'blocked 7'`.execute(database.db);

  const revocation = { applicationId, version: 1 };
  const context = { database, bus: { enqueue: enqueueDeferred } };
  await expect(revokeTemplateKey(context, revocation)).rejects.toMatchObject({
    code: 'list_entries_under_key',
  });

  expect(await renewListEntries({ database, vault, log })).toBe(49);
  expect(await renewListEntries({ database, vault, log })).toBe(0);
  // The one that was altered is left, and has to be given up in words.
  expect(await entriesUnder()).toEqual([1, 49]);
  await expect(revokeTemplateKey(context, revocation)).rejects.toMatchObject({
    code: 'list_entries_under_key',
  });
  await revokeTemplateKey(context, { ...revocation, dropListEntries: true });

  expect(await entriesUnder()).toEqual([0, 49]);
  await faces.caughtUp();
  for (const name of names) expect(await found(name)).toEqual(name === 'blocked 7' ? [] : [name]);
});
