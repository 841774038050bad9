import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findDataKeys } from '../src/key-table.ts';
import { kmsProvider } from '../src/providers/aws-kms.ts';
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

const context = { service: 'share', purpose: 'share', version: '1' };
const dataKey = Buffer.alloc(32, 7);

describe('the file of keys', () => {
  test('is refused with the remedy when it is missing, readable by others, broken or incomplete', async () => {
    const database = await world.database('files');
    const open = (keyFile: string) => world.keyring(database, settingsOf({ keyProvider: 'file', keyFile }));
    const key = newKey();

    await expect(open(join(world.directory, 'none.json'))).rejects.toMatchObject({
      code: 'key_file_missing',
      message: expect.stringContaining('set KEY_FILE'),
    });
    const path = await world.keyFile({ current: '1', keys: { '1': key } }, 'modes.json');
    for (const mode of [0o644, 0o620, 0o606, 0o650]) {
      await chmod(path, mode);
      await expect(open(path)).rejects.toMatchObject({
        message: expect.stringContaining(`chmod 600 ${path}`),
      });
    }
    await chmod(path, 0o600);
    const broken = {
      [`{"current": "1", "keys": {"1": "${key}"`]: 'not JSON',
      [JSON.stringify({ current: '2', keys: { '1': key } })]: 'names "2"',
      [JSON.stringify({ current: '1', keys: { '1': key.slice(4) } })]: 'the key of version 1',
      [JSON.stringify({ current: '1', keys: { 'a b': key } })]: 'versions are named',
      [JSON.stringify([key])]: 'it must be',
      null: 'it must be',
    };
    for (const [text, why] of Object.entries(broken)) {
      await writeFile(path, text);
      const error = await open(path).catch((thrown: Error) => thrown);
      expect(error).toMatchObject({ code: 'key_file_unusable', message: expect.stringContaining(why) });
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(key.slice(8, 20));
    }
    await expect(world.keyring(database, settingsOf({ keyProvider: 'file' }))).rejects.toMatchObject({
      message: 'KEY_PROVIDER=file needs KEY_FILE',
    });
  });

  test('may lose a version only when nothing is sealed under it', async () => {
    const database = await world.database('versions');
    const [one, two] = [newKey(), newKey()];
    const path = await world.keyFile({ current: 'one', keys: { one } }, 'versions.json');
    const settings = settingsOf({ keyProvider: 'file', keyFile: path });
    await world.keyring(database, settings);

    await world.keyFile({ current: 'two', keys: { one, two } }, 'versions.json');
    await world.keyring(database, settings);
    await world.keyFile({ current: 'two', keys: { two } }, 'versions.json');
    await expect(world.keyring(database, settings)).rejects.toMatchObject({
      code: 'key_version_unknown',
      message: expect.stringContaining('put that version back'),
    });
    await world.keyFile({ current: 'one', keys: { one: two } }, 'versions.json');
    await expect(world.keyring(database, settings)).rejects.toMatchObject({ code: 'key_unopenable' });
  });
});

describe('KMS', () => {
  let arn: string;
  beforeEach(() => {
    arn = kms.createKey();
    kms.calls.length = 0;
  });

  function settings(some: Partial<Parameters<typeof settingsOf>[0]> = {}) {
    return settingsOf({
      keyProvider: 'aws-kms',
      kmsKeyId: arn,
      kmsEndpoint: kms.endpoint,
      kmsRegion: kms.region,
      kmsAccessKeyId: kms.accessKeyId,
      kmsSecretAccessKey: kms.secretAccessKey,
      ...some,
    });
  }
  const provider = () => kmsProvider({ ...kms, keyId: arn, deadlineMs: 500, retryMs: 1 });

  test('seals the first data key and opens it for the next replica, with what it is for as encryption context', async () => {
    const database = await world.database('kms');
    const one = await world.keyring(database, settings());
    const two = await world.keyring(database, settings());
    expect(one.root.equals(two.root)).toBe(true);
    expect(kms.calls.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'Encrypt done',
      'Decrypt done', // tried before it is kept
      'Decrypt done',
      'Decrypt done',
    ]);
    for (const call of kms.calls) {
      expect(call.encryptionContext).toEqual({ service: 'kms', purpose: 'test', version: '1' });
    }
    expect(await findDataKeys(database.db, 'test')).toMatchObject([
      { provider: 'aws-kms', provider_key_version: arn },
    ]);
  });

  test('opens a data key for nothing else than what it was sealed for', async () => {
    const wrapped = await provider().wrap(dataKey, context);
    expect(await provider().unwrap(wrapped, context)).toEqual(dataKey);
    for (const other of [{ service: 'session' }, { purpose: 'other' }, { version: '2' }]) {
      await expect(provider().unwrap(wrapped, { ...context, ...other })).rejects.toMatchObject({
        code: 'key_unopenable',
        retryable: false,
      });
    }
    const swapped = { ...wrapped, keyVersion: kms.createKey() };
    await expect(provider().unwrap(swapped, context)).rejects.toMatchObject({ code: 'key_unopenable' });
  });

  test('that refuses is named with the remedy, at once and without the credentials', async () => {
    const wrapped = await provider().wrap(dataKey, context);
    kms.setEnabled(arn, false);
    await expect(provider().unwrap(wrapped, context)).rejects.toMatchObject({
      code: 'key_unopenable',
      message: expect.stringContaining('DisabledException; enable or restore that key in KMS'),
    });
    expect(kms.calls).toHaveLength(2);

    const secretAccessKey = 'wrong-secret-of-nobody';
    const error = await kmsProvider({ ...kms, keyId: arn, secretAccessKey })
      .wrap(dataKey, context)
      .catch((thrown: Error) => thrown);
    expect(error).toMatchObject({
      message: expect.stringContaining('InvalidSignatureException; check KMS_ACCESS_KEY_ID'),
    });
    const told = JSON.stringify(error, Object.getOwnPropertyNames(error));
    expect(told).not.toContain(secretAccessKey);
    expect(told).not.toContain(dataKey.toString('base64'));
  });

  test('is asked again a few times while it is slow or throttles, and is unreachable after that', async () => {
    kms.misbehave('throttle', 1);
    kms.misbehave('hang', 1);
    const wrapped = await provider().wrap(dataKey, context);
    kms.misbehave('break', 2);
    expect(await provider().unwrap(wrapped, context)).toEqual(dataKey);

    kms.misbehave('hang', 3);
    await expect(provider().unwrap(wrapped, context)).rejects.toMatchObject({
      code: 'key_provider_unreachable',
      retryable: true,
      message: expect.stringContaining('silent for 500 ms'),
    });
    const gone = kmsProvider({ ...kms, endpoint: 'http://127.0.0.1:1', keyId: arn, retryMs: 1 });
    await expect(gone.wrap(dataKey, context)).rejects.toMatchObject({
      code: 'key_provider_unreachable',
      message: expect.stringContaining('check KMS_ENDPOINT'),
    });
  });

  test('that answers something else is not believed', async () => {
    const wrapped = await provider().wrap(dataKey, context);
    const short = await provider().wrap(dataKey.subarray(0, 16), context);
    await expect(provider().unwrap(short, context)).rejects.toMatchObject({
      code: 'key_provider_unreachable',
    });
    expect(await provider().unwrap(wrapped, context)).toEqual(dataKey);
  });

  test('away at the start of a service is a clear refusal, and every missing setting is named at once', async () => {
    const database = await world.database('kms-away');
    await world.keyring(database, settings());
    kms.setEnabled(arn, false);
    await expect(world.keyring(database, settings())).rejects.toMatchObject({ code: 'key_unopenable' });
    await expect(
      world.keyring(database, settings({ kmsKeyId: undefined, kmsAccessKeyId: undefined })),
    ).rejects.toMatchObject({
      message: 'KEY_PROVIDER=aws-kms needs KMS_KEY_ID and KMS_ACCESS_KEY_ID',
    });
    await expect(world.keyring(database, settingsOf(), { firstKey: dataKey })).rejects.toMatchObject({
      code: 'key_unopenable',
      message: expect.stringContaining('set KEY_PROVIDER=aws-kms'),
    });
  });
});
