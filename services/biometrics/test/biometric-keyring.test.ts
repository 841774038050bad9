import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '@selfsame/database/database';
import { migrate } from '@selfsame/database/migrate';
import { fileProvider } from '@selfsame/keys/file';
import { rewrapDataKeys, rotateDataKeys } from '@selfsame/keys/rotation';
import { keySettings } from '@selfsame/keys/settings';
import { readSettings } from '@selfsame/runtime/config';
import { createLog } from '@selfsame/runtime/log';
import { type TestDatabase, testDatabaseUrl } from '@selfsame/testing/postgres';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBiometricKeyring } from '../src/biometric-keyring.ts';
import type { TemplateKey } from '../src/domain/template.ts';
import { migrations } from '../src/migrations.ts';
import type { BiometricsTables } from '../src/outbound/tables.ts';
import { noteKey } from '../src/outbound/template-store.ts';
import { createVault } from '../src/outbound/vault.ts';
import { requireMatchingKey } from '../src/templates.ts';

const log = createLog('biometrics', 'silent');
const biometricKey = randomBytes(32);
let postgres: TestDatabase;
let database: Database<BiometricsTables>;
let directory: string;
beforeAll(async () => {
  [postgres, directory] = await Promise.all([
    testDatabaseUrl(),
    mkdtemp(join(tmpdir(), 'selfsame-biometric-')),
  ]);
  await migrate({ service: 'biometrics', url: postgres.url, migrations, log });
  database = await openDatabase({ service: 'biometrics', url: postgres.url, migrations });
});
afterAll(async () => {
  await database.close();
  await postgres.drop();
  await rm(directory, { recursive: true, force: true });
});

function open(environment: Record<string, string>, key?: Buffer) {
  const config = { ...readSettings(keySettings, environment), biometricKey: key };
  return openBiometricKeyring({ config, database, log });
}

test('templates of before open when the biometric key lies sealed by another provider, and its own setting is gone', async () => {
  const before = createVault(biometricKey);
  await noteKey(database.db, before.keyId);
  const key: TemplateKey = {
    applicationId: randomUUID(),
    version: 1,
    state: 'active',
    salt: randomBytes(32),
  };
  const owner = {
    kind: 'subject',
    applicationId: key.applicationId,
    subject: before.subjectOf('a', 'ada'),
  } as const;
  const template = before.protect(
    key,
    Float32Array.from({ length: 256 }, (_, index) => Math.sin(index) / 12),
  );
  const sealed = before.seal(owner, key, template, { pipelineVersion: 'p', embeddingSpace: 'e' });

  const path = join(directory, 'keys.json');
  const content = { current: '1', keys: { '1': randomBytes(32).toString('base64') } };
  await writeFile(path, JSON.stringify(content), { mode: 0o600 });
  const byFile = { KEY_PROVIDER: 'file', KEY_FILE: path };
  await expect(open({}, randomBytes(32))).rejects.toMatchObject({ code: 'first_key_mismatch' });
  await expect(open(byFile)).rejects.toMatchObject({ message: expect.stringContaining('set BIOMETRIC_KEY') });

  for (const given of [biometricKey, undefined]) {
    const keyring = await open(byFile, given);
    const vault = createVault(keyring.root);
    await requireMatchingKey({ vault, database });
    expect(vault.open(owner, key, sealed)).toEqual(template);
    keyring.close();
  }
  await rotateDataKeys(database, fileProvider(path));
  await rewrapDataKeys(database, [fileProvider(path)], fileProvider(path));
  const keyring = await open(byFile);
  const image = keyring.seal(Buffer.from('a picture'), [key.applicationId, 'image', '1']);
  expect(createVault(keyring.root).open(owner, key, sealed)).toEqual(template);
  await expect(keyring.open(image, [randomUUID(), 'image', '1'])).rejects.toMatchObject({
    code: 'sealed_unopenable',
  });
  keyring.close();

  const { rows } = await sql<{ text: string }>`SELECT k::text AS text FROM data_keys AS k`.execute(
    database.db,
  );
  expect(JSON.stringify(rows)).not.toContain(biometricKey.toString('hex'));
});
