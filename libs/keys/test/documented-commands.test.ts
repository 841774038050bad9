import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDataKey, listDataKeys } from '../src/key-table.ts';
import { fileProvider } from '../src/providers/file.ts';
import { type FakeKms, startFakeKms } from './fake-kms.ts';
import { newKey, openWorld, settingsOf, type World } from './world.ts';

const repository = resolve(import.meta.dirname, '../../..');
const page = readFileSync(join(repository, 'docs/keys.md'), 'utf8');
/** The commands of docs/keys.md as they stand there, in their order. */
const blocks = [...page.matchAll(/^ *```sh\n(.*?)^ *```$/gms)].map((match) => match[1] ?? '');

let world: World;
let kms: FakeKms;
let bin: string;
beforeAll(async () => {
  [world, kms] = await Promise.all([openWorld(), startFakeKms()]);
  // `pnpm keys` without the time that pnpm takes.
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  bin = join(world.directory, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'pnpm'),
    `#!/bin/sh\n[ "$1" = keys ] || exit 9\nshift\ncd '${repository}'\nexec ${scripts.keys} "$@"\n`,
  );
  chmodSync(join(bin, 'pnpm'), 0o755);
});
afterAll(async () => {
  await kms.close();
  await world.close();
});

/** Runs a block of commands; lines that an operator has to fill in are filled in by `environment`. */
async function run(block: string | undefined, environment: Record<string, string> = {}): Promise<string> {
  const script = (block ?? 'exit 9').split('\n').filter((line) => !line.includes('=…'));
  const { stdout } = await promisify(execFile)('sh', ['-ec', script.join('\n')], {
    cwd: world.directory,
    env: { PATH: `${bin}:${process.env.PATH}`, DATABASE_URL: world.url, ...environment },
    timeout: 60_000,
  });
  return stdout;
}

test('the commands of docs/keys.md replace every key while a replica runs', async () => {
  const [makeFile, settings, list, addVersion, rewrap, rotate, signing, takeBack, tokenKey, toKms, ...more] =
    blocks;
  expect(more).toEqual([]);
  expect(signing).toContain('pnpm keys rotate-signing --service session');
  expect(tokenKey).toContain('pnpm keys rewrap --service session');
  expect(settings).toContain('KEY_PROVIDER=file KEY_FILE=$PWD/keys.json');
  const file = join(world.directory, 'keys.json');
  const byFile = { KEY_PROVIDER: 'file', KEY_FILE: file };

  await run(makeFile);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const database = await world.database('share');
  const running = await world.keyring(database, settingsOf({ keyProvider: 'file', keyFile: file }), {
    purpose: 'share',
  });
  const owner = ['application', 'thing'];
  const sealed = running.seal(Buffer.from('a value'), owner);
  expect(JSON.parse(await run(list, byFile))).toMatchObject({
    purpose: 'share',
    version: 1,
    provider_key_version: '2026-11',
  });

  await run(addVersion, byFile);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await run(list, byFile)).toContain('"provider_key_version":"2026-11"');
  await run(rewrap, byFile);
  expect(await run(list, byFile)).toContain('"provider_key_version":"2027-11"');
  await run(rotate, byFile);
  await running.refresh();
  expect(running.newest()).toBe(2);

  const wrong = fileProvider(await world.keyFile({ current: 'a', keys: { a: newKey() } }, 'wrong.json'));
  const context = { service: 'share', purpose: 'share', version: '3' };
  const { keyVersion, wrapped } = await wrong.wrap(randomBytes(32), context);
  const row = { purpose: 'share', version: 3, provider: 'file', provider_key_version: keyVersion, wrapped };
  await addDataKey(database.db, row);
  await run(takeBack);
  await running.refresh();
  expect(running.newest()).toBe(3);

  const keyId = kms.createKey();
  await run(toKms, {
    ...byFile,
    NEW_KEY_PROVIDER: 'aws-kms',
    NEW_KMS_KEY_ID: keyId,
    NEW_KMS_ENDPOINT: kms.endpoint,
    NEW_KMS_REGION: kms.region,
    NEW_KMS_ACCESS_KEY_ID: kms.accessKeyId,
    NEW_KMS_SECRET_ACCESS_KEY: kms.secretAccessKey,
  });
  expect((await listDataKeys(database.db)).map((row) => row.provider_key_version)).toEqual(
    Array(3).fill(keyId),
  );
  expect((await running.open(sealed, owner)).toString()).toBe('a value');
});
