import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Database, openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { createLog } from '@selfsame/runtime/log';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrations } from '../src/migrations.ts';
import type { BiometricsTables } from '../src/outbound/tables.ts';
import { dropSubject, putTemplate } from '../src/outbound/template-store.ts';
import { createVault } from '../src/outbound/vault.ts';
import { EMBEDDING_SPACE } from '../src/pipeline/embedding.ts';
import { activeKey } from '../src/template-keys.ts';
import { madeFace } from './made-faces.ts';

const service = 'biometrics';
const biometricKey = randomBytes(32);
const vault = createVault(biometricKey);
const applicationId = randomUUID();
const log = createLog(service, 'silent');

let postgres: Awaited<ReturnType<typeof testDatabaseUrl>>;
let database: Database<BiometricsTables>;
const children: ChildProcessWithoutNullStreams[] = [];
beforeAll(async () => {
  postgres = await testDatabaseUrl();
  await migrate({ service, url: postgres.url, migrations, log });
  database = await openDatabase<BiometricsTables>({ service, url: postgres.url, migrations });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await database.close();
  await postgres.drop();
});

/** A process of its own that searches. */
async function startReplica() {
  const child = spawn(process.execPath, [new URL('./searching-replica.ts', import.meta.url).pathname], {
    env: {
      ...process.env,
      DATABASE_URL: postgres.url,
      BIOMETRIC_KEY: biometricKey.toString('base64'),
      APPLICATION_ID: applicationId,
    },
  });
  children.push(child);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  expect(await next()).toBe('ready');
  return {
    /** What is found for each name. */
    async search(names: readonly string[]): Promise<unknown[][]> {
      child.stdin.write(`${JSON.stringify(names)}\n`);
      return JSON.parse(await next());
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function enrol(name: string): Promise<void> {
  const owner = { kind: 'subject', applicationId, subject: vault.subjectOf(applicationId, name) } as const;
  const key = await activeKey(database.db, applicationId);
  const made = { pipelineVersion: 'test', embeddingSpace: EMBEDDING_SPACE };
  const sealed = vault.seal(owner, key, vault.protect(key, madeFace(name)), made);
  await putTemplate(database.db, owner, sealed, { sessionId: name, expiresAt: null });
}

test('a replica that was killed knows after its restart what the others know', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `person ${index}`);
  const [steady, doomed] = await Promise.all([startReplica(), startReplica()]);
  for (const [index, name] of names.entries()) {
    await enrol(name);
    const former = names[index - 5];
    if (index % 4 === 0 && former !== undefined) {
      await dropSubject(database.db, applicationId, vault.subjectOf(applicationId, former));
    }
    // In the midst of it.
    if (index === 20) await doomed.kill();
  }
  const reborn = await startReplica();
  const [known, again] = [await steady.search(names), await reborn.search(names)];
  expect(again).toEqual(known);
  expect(known.filter((matches) => matches.length === 1)).toHaveLength(32);
});
