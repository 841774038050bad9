import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDataKey, listDataKeys } from '../src/key-table.ts';
import type { Keyring } from '../src/keyring.ts';
import type { KeyProvider } from '../src/provider.ts';
import { environmentProvider } from '../src/providers/environment.ts';
import { fileProvider } from '../src/providers/file.ts';
import { rewrapDataKeys, rotateDataKeys } from '../src/rotation.ts';
import { type FakeKms, startFakeKms } from './fake-kms.ts';
import { newKey, openWorld, settingsOf, type World } from './world.ts';

let world: World;
let kms: FakeKms;
beforeAll(async () => {
  world = await openWorld();
  kms = await startFakeKms();
});
afterAll(async () => {
  await kms.close();
  await world.close();
});

const value = Buffer.from('a value');
const owner = ['application', 'thing'];

/** Seals and opens without a pause until it is stopped; the first failure ends it. */
function keepOpening(keyrings: Keyring[]): { stop(): Promise<number> } {
  let running = true;
  let opened = 0;
  const kept: Buffer[] = [];
  const loop = (async () => {
    while (running) {
      for (const keyring of keyrings) {
        kept.push(keyring.seal(value, owner));
        for (const sealed of [kept[0], kept.at(-1), kept[Math.floor(Math.random() * kept.length)]]) {
          if (!sealed || !(await keyring.open(sealed, owner)).equals(value)) throw new Error('not opened');
          opened += 1;
        }
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  loop.catch(() => {});
  return {
    async stop() {
      running = false;
      await loop;
      return opened;
    },
  };
}

test('rotating and rewrapping under load fails no open, on replicas that run and on those that start', async () => {
  const database = await world.database('load');
  const keys: Record<string, string> = { v0: newKey() };
  const path = await world.keyFile({ current: 'v0', keys }, 'load.json');
  const settings = settingsOf({ keyProvider: 'file', keyFile: path });
  const quick = { refreshIntervalMs: 10 };
  const replicas = [
    await world.keyring(database, settings, quick),
    await world.keyring(database, settings, quick),
  ];
  const load = keepOpening(replicas);

  for (let round = 1; round <= 4; round += 1) {
    keys[`v${round}`] = newKey();
    await world.keyFile({ current: `v${round}`, keys }, 'load.json');
    const [, starting] = await Promise.all([
      rewrapDataKeys(database, [fileProvider(path)], fileProvider(path)),
      world.keyring(database, settings),
      rotateDataKeys(database, fileProvider(path)),
    ]);
    expect(await starting.open(replicas[0]?.seal(value, owner) ?? value, owner)).toEqual(value);
  }
  await waitFor('the last version on every replica', () => replicas.every((each) => each.newest() === 5));
  await rewrapDataKeys(database, [fileProvider(path)], fileProvider(path));
  expect(await load.stop()).toBeGreaterThan(100);
  const rows = await listDataKeys(database.db);
  expect(rows.map((row) => row.provider_key_version)).toEqual(Array(5).fill('v4'));

  await world.keyFile({ current: 'v4', keys: { v4: keys.v4 ?? '' } }, 'load.json'); // the old ones may go now
  const fresh = await world.keyring(database, settings);
  expect(fresh.root.equals(replicas[0]?.root ?? value)).toBe(true);
});

test('a rewrap that is interrupted has changed nothing, and goes through when it is done again', async () => {
  const database = await world.database('crash');
  const firstKey = randomBytes(32);
  const old = environmentProvider(firstKey, 'OLD_KEY');
  const before = await world.keyring(database, settingsOf(), { firstKey });
  for (let round = 0; round < 3; round += 1) await rotateDataKeys(database, old);
  await before.refresh();
  const sealed = before.seal(value, owner);
  const path = await world.keyFile({ current: 'a', keys: { a: newKey() } }, 'crash.json');

  const rows = await listDataKeys(database.db);
  let calls = 0;
  const dying: KeyProvider = {
    ...fileProvider(path),
    wrap(key, context) {
      calls += 1;
      if (calls === 3) throw new Error('killed');
      return fileProvider(path).wrap(key, context);
    },
  };
  await expect(rewrapDataKeys(database, [old], dying)).rejects.toThrow('killed');
  expect(await listDataKeys(database.db)).toEqual(rows);
  await world.keyring(database, settingsOf(), { firstKey });

  expect(await rewrapDataKeys(database, [old], fileProvider(path))).toBe(4);
  expect(await rewrapDataKeys(database, [old, fileProvider(path)], fileProvider(path))).toBe(4);
  const settings = settingsOf({ keyProvider: 'file', keyFile: path });
  const after = await world.keyring(database, settings);
  expect(await after.open(sealed, owner)).toEqual(value);
  expect(await before.open(sealed, owner)).toEqual(value);
  await expect(world.keyring(database, settingsOf(), { firstKey })).rejects.toMatchObject({
    code: 'key_unopenable',
    message: expect.stringContaining('set KEY_PROVIDER=file'),
  });
});

test('a provider that seals and does not unseal gets no data key', async () => {
  const database = await world.database('one-way');
  const firstKey = randomBytes(32);
  await world.keyring(database, settingsOf(), { firstKey });
  const old = environmentProvider(firstKey, 'OLD_KEY');
  const oneWay: KeyProvider = {
    name: 'file',
    wrap: old.wrap,
    unwrap: () => Promise.reject(new Error('not allowed')),
  };
  const onlyOld: KeyProvider = {
    ...old,
    unwrap: (wrapped, context) =>
      context.version === '1' ? old.unwrap(wrapped, context) : oneWay.unwrap(wrapped, context),
  };
  await expect(rewrapDataKeys(database, [old], oneWay)).rejects.toThrow('not allowed');
  await expect(rotateDataKeys(database, onlyOld)).rejects.toThrow('not allowed');
  expect(await listDataKeys(database.db)).toMatchObject([{ version: 1, provider: 'environment' }]);
});

test("with another service's key nothing is rotated, of no purpose", async () => {
  const database = await world.database('purposes');
  const own = fileProvider(await world.keyFile({ current: 'a', keys: { a: newKey() } }, 'own.json'));
  const foreign = fileProvider(await world.keyFile({ current: 'a', keys: { a: newKey() } }, 'foreign.json'));
  await addUnder(database, 'purposes', foreign, { purpose: 'apart', version: 1 });
  await addUnder(database, 'purposes', own, { purpose: 'test', version: 1 });
  const rows = await listDataKeys(database.db);

  await expect(rotateDataKeys(database, foreign)).rejects.toMatchObject({ code: 'key_unopenable' });
  await expect(rotateDataKeys(database, environmentProvider(randomBytes(32), 'KEY'))).rejects.toMatchObject({
    code: 'key_unopenable',
    message: expect.stringContaining('sealed by provider file'),
  });
  expect(await listDataKeys(database.db)).toEqual(rows);
  expect(await rotateDataKeys(database, own, 'test')).toEqual([{ purpose: 'test', version: 2 }]);
});

test('a rotation does not bring back the provider that a rewrap has left', async () => {
  const database = await world.database('leaving');
  const firstKey = randomBytes(32);
  await world.keyring(database, settingsOf(), { firstKey });
  const old = environmentProvider(firstKey, 'OLD_KEY');
  const next = fileProvider(await world.keyFile({ current: 'a', keys: { a: newKey() } }, 'left.json'));
  const slow: KeyProvider = {
    ...old,
    async wrap(key, context) {
      await rewrapDataKeys(database, [old, next], next);
      return old.wrap(key, context);
    },
  };
  await expect(rotateDataKeys(database, slow)).rejects.toMatchObject({ code: 'key_unopenable' });
  expect(await listDataKeys(database.db)).toMatchObject([{ version: 1, provider: 'file' }]);
});

test('a data key under a foreign key stops no replica that runs, and a rewrap from that key takes it back', async () => {
  const database = await world.database('astray');
  const path = await world.keyFile({ current: 'a', keys: { a: newKey() } }, 'astray.json');
  const settings = settingsOf({ keyProvider: 'file', keyFile: path });
  const running = await world.keyring(database, settings);
  const sealed = running.seal(value, owner);
  const foreign = fileProvider(await world.keyFile({ current: 'a', keys: { a: newKey() } }, 'other.json'));
  await addUnder(database, 'astray', foreign, { purpose: 'test', version: 2 });

  await expect(running.refresh()).rejects.toMatchObject({ code: 'key_unopenable' });
  expect(await running.open(running.seal(value, owner), owner)).toEqual(value);
  await expect(world.keyring(database, settings)).rejects.toMatchObject({ code: 'key_unopenable' });

  expect(await rewrapDataKeys(database, [foreign, fileProvider(path)], fileProvider(path))).toBe(2);
  await running.refresh();
  expect(running.newest()).toBe(2);
  const started = await world.keyring(database, settings);
  expect(await started.open(sealed, owner)).toEqual(value);
  expect(await started.open(running.seal(value, owner), owner)).toEqual(value);
});

/** Adds a data key without asking whether the service's own key opens the others. */
async function addUnder(
  database: Awaited<ReturnType<World['database']>>,
  service: string,
  provider: KeyProvider,
  { purpose, version }: { purpose: string; version: number },
) {
  const context = { service, purpose, version: String(version) };
  const { keyVersion, wrapped } = await provider.wrap(randomBytes(32), context);
  const row = { purpose, version, provider: provider.name, provider_key_version: keyVersion, wrapped };
  expect(await addDataKey(database.db, row)).toBe(true);
}

test('rotations at once make different versions', async () => {
  const database = await world.database('rotations');
  const firstKey = randomBytes(32);
  const keyring = await world.keyring(database, settingsOf(), { firstKey });
  const provider = environmentProvider(firstKey, 'OLD_KEY');
  await Promise.all([rotateDataKeys(database, provider), rotateDataKeys(database, provider)]);
  await keyring.refresh();
  expect(keyring.newest()).toBe(3);
});

test('the command lists, rotates, and takes the data keys from one provider to the next, telling no key', async () => {
  const database = await world.database('share');
  const shareKey = randomBytes(32);
  const running = await world.keyring(database, settingsOf(), { firstKey: shareKey });
  const sealed = running.seal(value, owner);
  const keys = { a: newKey() };
  const path = await world.keyFile({ current: 'a', keys }, 'command.json');
  const byEnvironment = { KEY_PROVIDER: 'environment', SHARE_KEY: shareKey.toString('base64') };
  const byFile = { KEY_PROVIDER: 'file', KEY_FILE: path };
  const byKms = {
    KEY_PROVIDER: 'aws-kms',
    KMS_KEY_ID: kms.createKey(),
    KMS_ENDPOINT: kms.endpoint,
    KMS_REGION: kms.region,
    KMS_ACCESS_KEY_ID: kms.accessKeyId,
    KMS_SECRET_ACCESS_KEY: kms.secretAccessKey,
  };
  const outputs: string[] = [];
  const run = async (action: string, environment: Record<string, string>) => {
    const { stdout } = await command(action, environment);
    outputs.push(stdout);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };

  expect(await run('rotate', byEnvironment)).toEqual([{ purpose: 'test', version: 2 }]);
  expect(await run('rewrap', { ...byEnvironment, ...withNew(byFile) })).toEqual([
    { rewrapped: 2, provider: 'file' },
  ]);
  expect(await run('rewrap', { ...byFile, ...withNew(byKms) })).toEqual([
    { rewrapped: 2, provider: 'aws-kms' },
  ]);
  const after = await world.keyring(
    database,
    settingsOf({
      keyProvider: 'aws-kms',
      kmsKeyId: byKms.KMS_KEY_ID,
      kmsEndpoint: kms.endpoint,
      kmsAccessKeyId: kms.accessKeyId,
      kmsSecretAccessKey: kms.secretAccessKey,
    }),
  );
  expect(await after.open(sealed, owner)).toEqual(value);
  expect(await run('list', {})).toMatchObject([
    { purpose: 'test', version: 1, provider: 'aws-kms', provider_key_version: byKms.KMS_KEY_ID },
    { version: 2, provider: 'aws-kms' },
  ]);

  await expect(command('rewrap', byFile)).rejects.toMatchObject({
    stderr: expect.stringContaining('aws-kms'),
  });
  await expect(command('list', {}, 'nobody')).rejects.toMatchObject({
    stderr: expect.stringContaining('usage: keys'),
  });
  const told = outputs.join('\n');
  for (const secret of [
    byEnvironment.SHARE_KEY,
    keys.a,
    kms.secretAccessKey,
    after.root.toString('base64'),
  ]) {
    expect(told).not.toContain(secret);
  }
  expect(await readFile(path, 'utf8')).toContain(keys.a); // the command reads the file, nobody writes it
});

function command(action: string, environment: Record<string, string>, service = 'share') {
  const entry = join(import.meta.dirname, '../src/cli/keys.ts');
  const env = { PATH: process.env.PATH, DATABASE_URL: world.url, ...environment };
  return promisify(execFile)(process.execPath, [entry, action, '--service', service], {
    env,
    timeout: 60_000,
  });
}

function withNew(environment: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).map(([name, text]) => [`NEW_${name}`, text]));
}
