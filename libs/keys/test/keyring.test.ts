import { randomBytes } from 'node:crypto';
import { Failure } from '@selfsame/runtime/errors';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findDataKeys } from '../src/key-table.ts';
import { fileProvider } from '../src/providers/file.ts';
import { rotateDataKeys } from '../src/rotation.ts';
import { startFakeKms } from './fake-kms.ts';
import { newKey, openWorld, settingsOf, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const value = Buffer.from('what only its owner reads');
const owner = ['application', 'share', '1'];

async function fileSettings(name: string) {
  const path = await world.keyFile({ current: '1', keys: { '1': newKey() } }, `${name}.json`);
  return { path, settings: settingsOf({ keyProvider: 'file', keyFile: path }) };
}

test('a value opens for its owner alone', async () => {
  const database = await world.database('owners');
  const { settings } = await fileSettings('owners');
  const keyring = await world.keyring(database, settings);
  const sealed = keyring.seal(value, owner);

  expect(await keyring.open(sealed, owner)).toEqual(value);
  const others = [
    ['other', 'share', '1'],
    ['application', 'share', '2'],
    ['application', 'share1', ''],
    owner.slice(0, 2),
    [],
  ];
  for (const other of others) {
    await expect(keyring.open(sealed, other)).rejects.toMatchObject({ code: 'sealed_unopenable' });
  }
  const another = await world.keyring(database, settings, { purpose: 'another' });
  await expect(another.open(sealed, owner)).rejects.toMatchObject({ code: 'sealed_unopenable' });
});

test('a value of which one bit was changed opens for nobody', async () => {
  const keyring = await world.keyring(await world.database('bits'), (await fileSettings('bits')).settings);
  const sealed = keyring.seal(value, owner);
  for (let at = 0; at < sealed.length; at += 1) {
    const altered = Buffer.from(sealed);
    altered[at] = (altered[at] ?? 0) ^ 1;
    await expect(keyring.open(altered, owner), `byte ${at}`).rejects.toBeInstanceOf(Failure);
  }
  for (const short of [0, 1, 4, 5, 20, sealed.length - 1]) {
    await expect(keyring.open(sealed.subarray(0, short), owner)).rejects.toMatchObject({
      code: 'sealed_unopenable',
    });
  }
});

test('what a service sealed under its own key before is what version 1 is made of', async () => {
  const database = await world.database('before');
  const firstKey = randomBytes(32);
  const first = await world.keyring(database, settingsOf(), { firstKey, firstKeyVariable: 'OLD_KEY' });
  expect(first.root.equals(firstKey)).toBe(true);

  const other = world.keyring(database, settingsOf(), {
    firstKey: randomBytes(32),
    firstKeyVariable: 'OLD_KEY',
  });
  await expect(other).rejects.toMatchObject({
    code: 'key_unopenable',
    message: expect.stringContaining('OLD_KEY'),
  });
  await expect(world.keyring(database, settingsOf(), { firstKeyVariable: 'OLD_KEY' })).rejects.toMatchObject({
    code: 'key_provider_unconfigured',
    message: 'KEY_PROVIDER=environment needs OLD_KEY (base64 of 32 bytes)',
  });
});

test('where something lies under a key of before, that key has to be given until it is taken over', async () => {
  const database = await world.database('needed');
  const { settings } = await fileSettings('needed');
  const firstKey = randomBytes(32);
  const options = {
    firstKeyVariable: 'OLD_KEY',
    sealedBefore: async () => (key: Buffer) => key.equals(firstKey),
  };
  await expect(world.keyring(database, settings, options)).rejects.toMatchObject({
    code: 'first_key_missing',
    message: expect.stringContaining('set OLD_KEY'),
  });
  const wrong = world.keyring(database, settings, { ...options, firstKey: randomBytes(32) });
  await expect(wrong).rejects.toMatchObject({ code: 'first_key_mismatch' });
  expect(await findDataKeys(database.db, 'test')).toEqual([]);

  await world.keyring(database, settings, { ...options, firstKey });
  const later = await world.keyring(database, settings, options); // taken over: the setting may go
  expect(later.root.equals(firstKey)).toBe(true);
});

test('a first data key that its provider seals and does not open again is not kept', async () => {
  const kms = await startFakeKms();
  try {
    const database = await world.database('one-way');
    const kmsKeyId = kms.createKey();
    kms.denyDecrypt(kmsKeyId);
    const settings = settingsOf({
      keyProvider: 'aws-kms',
      kmsKeyId,
      kmsEndpoint: kms.endpoint,
      kmsRegion: kms.region,
      kmsAccessKeyId: kms.accessKeyId,
      kmsSecretAccessKey: kms.secretAccessKey,
    });
    await expect(world.keyring(database, settings)).rejects.toMatchObject({ code: 'key_unopenable' });
    expect(await findDataKeys(database.db, 'test')).toEqual([]);
  } finally {
    await kms.close();
  }
});

test('replicas that start at once agree on the first key', async () => {
  const database = await world.database('at-once');
  const { settings } = await fileSettings('at-once');
  const replicas = await Promise.all(Array.from({ length: 8 }, () => world.keyring(database, settings)));
  expect(new Set(replicas.map(({ root }) => root.toString('hex'))).size).toBe(1);
  expect(await findDataKeys(database.db, 'test')).toHaveLength(1);
});

test('a rotation is noticed by running replicas, and what was sealed before stays readable', async () => {
  const database = await world.database('rotation');
  const { path, settings } = await fileSettings('rotation');
  const slow = await world.keyring(database, settings, { refreshIntervalMs: 3_600_000 });
  const polling = await world.keyring(database, settings, { refreshIntervalMs: 20 });
  const before = slow.seal(value, owner);

  await rotateDataKeys(database, fileProvider(path));
  await waitFor('the new version', () => polling.newest() === 2);
  const after = polling.seal(value, owner);
  expect([slow.versionOf(before), slow.versionOf(after)]).toEqual([1, 2]);
  const isNewest = (sealed: Buffer) => sealed.subarray(0, 5).equals(polling.newestPrefix());
  expect([isNewest(before), isNewest(after)]).toEqual([false, true]);

  expect(slow.newest()).toBe(1);
  const opened = await Promise.all(Array.from({ length: 20 }, () => slow.open(after, owner)));
  expect(opened.every((plain) => plain.equals(value))).toBe(true);
  expect(slow.newest()).toBe(2);
  expect(await polling.open(before, owner)).toEqual(value);
  expect(slow.root.equals(polling.root)).toBe(true);
});

test('a version that nobody made is looked up once at a time, and refused', async () => {
  const database = await world.database('invented');
  const keyring = await world.keyring(database, (await fileSettings('invented')).settings);
  const sealed = keyring.seal(value, owner);
  sealed.writeUInt32BE(4_000_000_000, 1);
  const opens = await Promise.allSettled(Array.from({ length: 50 }, () => keyring.open(sealed, owner)));
  expect(opens.every((each) => each.status === 'rejected' && each.reason.code === 'sealed_unopenable')).toBe(
    true,
  );
});

test('two versions of one purpose never share a sealing key, and a data key of one service opens nothing at another', async () => {
  const { path, settings } = await fileSettings('moved');
  const database = await world.database('moved');
  const other = await world.database('moved-elsewhere');
  await world.keyring(database, settings);
  await rotateDataKeys(database, fileProvider(path));
  await sql`UPDATE data_keys AS a SET wrapped = b.wrapped FROM data_keys AS b WHERE a.version = 1 AND b.version = 2`.execute(
    database.db,
  );
  await expect(world.keyring(database, settings)).rejects.toMatchObject({ code: 'key_unopenable' });

  const rows = await findDataKeys(database.db, 'test');
  for (const { created_at: _, ...row } of rows) await other.db.insertInto('data_keys').values(row).execute();
  await expect(world.keyring(other, settings)).rejects.toMatchObject({ code: 'key_unopenable' });
});

test('the table holds no key as it is', async () => {
  const database = await world.database('dump');
  const firstKey = randomBytes(32);
  const { settings } = await fileSettings('dump');
  await world.keyring(database, settings, { firstKey });
  await world.keyring(database, settingsOf(), { firstKey, purpose: 'by-environment' });
  const { rows } = await sql<{ text: string }>`SELECT data_keys::text AS text FROM data_keys`.execute(
    database.db,
  );
  const dump = rows.map(({ text }) => text).join('\n');
  expect(rows).toHaveLength(2);
  expect(dump).not.toContain(firstKey.toString('hex'));
  expect(dump).not.toContain(firstKey.toString('base64'));
});
