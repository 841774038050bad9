import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { assetsDirectory } from '@selfsame/testing/assets';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tar, untar } from './outbound/tar.ts';
import { MODEL_FILES, OPTIONAL_MODEL_FILES } from './pipeline/models.ts';

const names = Object.values(MODEL_FILES).sort();
const models = join(assetsDirectory(), 'models');
const weights = (name: string) => readFileSync(join(models, name));

let directory: string;
let volume: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'selfsame-fetch-'));
  volume = join(directory, 'volume');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the command as an init step does: nothing in the environment but what it is told. */
async function fetchInto(volumePath: string, source: string, more: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [resolve(import.meta.dirname, 'cli/fetch-assets.ts')], {
    cwd: directory,
    env: { SELFSAME_ASSETS: source, SELFSAME_CACHE_DIR: volumePath, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 20_000,
  });
  const text = (stream: NodeJS.ReadableStream) => Array.fromAsync(stream).then((parts) => parts.join(''));
  const exited = new Promise<number | null>((done) => child.once('exit', done));
  const [out, error, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, out, error };
}

/** A complete mirror, but for what is overridden. */
function mirror(overridden: Record<string, Buffer> = {}): string {
  const place = join(directory, 'mirror');
  mkdirSync(place);
  for (const name of names) writeFileSync(join(place, name), overridden[name] ?? weights(name));
  return place;
}

function archive(files: readonly string[]): Buffer {
  return gzipSync(tar(files.map((name) => ({ path: `models/${name}`, bytes: weights(name) }))), { level: 1 });
}

test('fills an empty volume, and a second run finds everything there and fetches nothing', async () => {
  const source = mirror();
  const first = await fetchInto(volume, source);
  expect(first).toMatchObject({ code: 0, error: '' });
  expect(first.out).toContain('6 model files, all hashes right (0 were there, 6 fetched, 0 replaced)');
  expect(readdirSync(join(volume, 'models')).sort()).toEqual(names);

  rmSync(source, { recursive: true });
  const second = await fetchInto(volume, source);
  expect(second.out).toContain('(6 were there, 0 fetched, 0 replaced)');
});

test('goes on where a killed run stopped, and repairs what is altered in the volume', async () => {
  const [kept, altered] = names;
  mkdirSync(join(volume, 'models'), { recursive: true });
  writeFileSync(join(volume, 'models', kept ?? ''), weights(kept ?? ''));
  writeFileSync(join(volume, 'models', altered ?? ''), weights(altered ?? '').subarray(1));
  writeFileSync(join(volume, 'models', `${altered}.0b6c.part`), 'half a file');
  const before = statSync(join(volume, 'models', kept ?? '')).mtimeMs;

  const { out } = await fetchInto(volume, mirror());
  expect(out).toContain('(1 were there, 4 fetched, 1 replaced)');
  expect(readdirSync(join(volume, 'models')).sort()).toEqual(names);
  expect(statSync(join(volume, 'models', kept ?? '')).mtimeMs).toBe(before);
});

test('an altered source is one line and exit code 1, and nothing of it is kept', async () => {
  const name = MODEL_FILES.embedder;
  const source = mirror({ [name]: Buffer.from('an altered file') });
  const { code, error } = await fetchInto(volume, source);
  expect(code).toBe(1);
  expect(error.trim().split('\n')).toHaveLength(1);
  expect(error).toContain(`model file ${join(source, name)} is altered`);
  expect(existsSync(join(volume, 'models', name))).toBe(false);
});

test('takes the archive from a file or in one request, and the option of ages along when it is on', async () => {
  const packed = archive([...names, OPTIONAL_MODEL_FILES.age]);
  writeFileSync(join(directory, 'assets.tar.gz'), packed);
  const file = await fetchInto(volume, join(directory, 'assets.tar.gz'), { BIOMETRICS_AGE_MODEL: 'true' });
  expect(file.out).toContain('7 model files');

  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    response.writeHead(request.url === '/assets.tgz' ? 200 : 404).end(packed);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const fetched = await fetchInto(join(directory, 'other'), `http://127.0.0.1:${port}/assets.tgz`);
    expect(fetched.out).toContain('6 model files');
    expect(requests).toBe(1);
    const gone = await fetchInto(join(directory, 'third'), `http://127.0.0.1:${port}/gone.tgz`);
    expect(gone).toMatchObject({ code: 1, out: '' });
    expect(gone.error).toContain('/gone.tgz (SELFSAME_ASSETS) cannot be used: there is no such file');
  } finally {
    server.close();
  }
});

test('an archive that ends early, or lacks a file, is refused in one line', async () => {
  const whole = archive(names);
  writeFileSync(join(directory, 'half.tar.gz'), whole.subarray(0, whole.length / 2));
  const half = await fetchInto(volume, join(directory, 'half.tar.gz'));
  expect(half).toMatchObject({ code: 1, out: '' });
  expect(half.error).toMatch(/cannot be used: unexpected end of file; make it with pnpm assets:pack\n$/);

  writeFileSync(join(directory, 'less.tar.gz'), archive(names.slice(1)));
  const less = await fetchInto(volume, join(directory, 'less.tar.gz'));
  expect(less.error).toContain(`model file ${names[0]} (SHA-256 `);
  expect(less.error).toContain('it is not in the archive');
});

test('a volume that cannot be written says whose fault it is', async () => {
  writeFileSync(join(directory, 'file'), '');
  const { code, error } = await fetchInto(join(directory, 'file'), mirror());
  expect(code).toBe(1);
  expect(error).toContain('(SELFSAME_CACHE_DIR) cannot be written');
});

test('an archive is read as it was written, and a damaged one is not', () => {
  const entries = [
    { path: 'models/a', bytes: Buffer.from('a') },
    { path: 'b', bytes: Buffer.alloc(1025, 'b') },
  ];
  const packed = tar(entries);
  expect(untar(packed)).toEqual(entries);
  expect(() => untar(packed.subarray(0, 512))).toThrow('ends too early');
  packed[0] = 0x6e;
  expect(() => untar(packed)).toThrow('damaged');
});
