import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { assetsDirectory } from '@selfsame/testing/assets';
import { testNats } from '@selfsame/testing/nats';
import { testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, expect, test } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'selfsame-start-'));
let environment: Record<string, string>;
let close: () => Promise<void>;

beforeAll(async () => {
  const [postgres, nats] = await Promise.all([testDatabaseUrl(), testNats()]);
  environment = {
    PATH: process.env.PATH ?? '',
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    DATABASE_URL: postgres.url,
    NATS_URL: nats.url,
    SESSION_GRPC: '127.0.0.1:1',
    BIOMETRIC_KEY: randomBytes(32).toString('base64'),
    BIOMETRICS_WORKERS: '1',
    SELFSAME_CACHE_DIR: join(directory, 'cache'),
  };
  close = async () => {
    await nats.stop();
    await postgres.drop();
    rmSync(directory, { recursive: true, force: true });
  };
});
afterAll(() => close());

/** Runs an entry of the service as its own process. */
function start(entry: 'main.ts' | 'migrate.ts', more: Record<string, string> = {}) {
  const path = resolve(import.meta.dirname, '../src', entry);
  const child = spawn(process.execPath, [path], { env: { ...environment, ...more } });
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    output.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.err += chunk;
  });
  const exited = new Promise<number | null>((done) => child.once('close', done));
  return { output, exited, stop: () => child.kill('SIGTERM') };
}

test('an altered weight file stops the start with one line that names it', async () => {
  const models = join(directory, 'models');
  cpSync(join(assetsDirectory(), 'models'), models, { recursive: true });
  const path = join(models, 'face_embedding_reid0095_256.onnx');
  const bytes = readFileSync(path);
  bytes[1_000_000] = (bytes[1_000_000] ?? 0) ^ 1;
  rmSync(path);
  writeFileSync(path, bytes);

  const { output, exited } = start('main.ts', { SELFSAME_ASSETS: models });
  expect(await exited).toBe(1);
  expect(output.err).toMatch(
    /^biometrics: model file \S+face_embedding_reid0095_256\.onnx is altered: its SHA-256 is [0-9a-f]{64} instead of f4205909[0-9a-f]{56}; replace it by the published file or remove it\n$/,
  );
});

test('a provider that this machine does not have stops the start with one line', async () => {
  const { output, exited } = start('main.ts', { BIOMETRICS_PROVIDER: 'tensorrt' });
  expect(await exited).toBe(1);
  expect(output.err).toMatch(/^biometrics: BIOMETRICS_PROVIDER=tensorrt cannot be used: .*\n$/);
});

test('every mistake in the environment is told at once', async () => {
  const { output, exited } = start('main.ts', {
    BIOMETRIC_KEY: 'short',
    GRPC_PORT: 'x',
    BIOMETRICS_WORKERS: '0',
  });
  expect(await exited).toBe(1);
  expect(
    output.err
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[1])
      .sort(),
  ).toEqual(['BIOMETRICS_WORKERS', 'BIOMETRIC_KEY', 'GRPC_PORT']);
  expect(output.err).not.toContain('short');
});

test('migrated, it starts and stops cleanly, even while it loads; another key is refused then', async () => {
  const behind = start('main.ts');
  expect(await behind.exited).toBe(1);
  expect(behind.output.err).toContain('run its migrate entry first');

  expect(await start('migrate.ts').exited).toBe(0);
  const service = start('main.ts');
  await waitFor('the service is ready', () => service.output.out.includes('"msg":"ready"'), {
    timeoutMs: 60_000,
  });
  service.stop();
  expect(await service.exited).toBe(0);
  expect(service.output.err).toBe('');

  const interrupted = start('main.ts');
  await waitFor('models are being loaded', () => interrupted.output.out.includes('loading models'), {
    timeoutMs: 60_000,
  });
  interrupted.stop();
  expect([await interrupted.exited, interrupted.output.err]).toEqual([0, '']);

  const stranger = start('main.ts', { BIOMETRIC_KEY: randomBytes(32).toString('base64') });
  expect(await stranger.exited).toBe(1);
  expect(stranger.output.err).toMatch(
    /^biometrics: data key biometric 1 of biometrics cannot be unsealed: .* another BIOMETRIC_KEY .*\n$/,
  );
}, 240_000);
