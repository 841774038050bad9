import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, expect, test } from 'vitest';

const shared = Buffer.from('libraries that both providers need');
const cuda = Buffer.alloc(300_000, 'what runs on the device ');
const place = (name: string) => `runtimes/linux-x64/native/libonnxruntime_providers_${name}.so`;
const whole = packed({ [place('shared')]: shared, [place('cuda')]: cuda, [place('tensorrt')]: shared });

let out: string;
let answer: RequestListener;
let paths: string[];
let server: ReturnType<typeof createServer>;
beforeEach(async () => {
  out = mkdtempSync(join(tmpdir(), 'selfsame-provider-'));
  paths = [];
  server = createServer((request, response) => {
    paths.push(request.url ?? '');
    answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(out, { recursive: true, force: true });
});

function packed(files: Record<string, Uint8Array>): Buffer {
  return Buffer.from(zipSync({ 'readme.txt': Buffer.from('notes'), ...files }));
}

function serve(bytes: Buffer): void {
  answer = (_, response) => void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
}

const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const sha512 = (bytes: Buffer) => `sha512:${createHash('sha512').update(bytes).digest('base64')}`;

async function fetchProvider(hash: string, ...more: string[]) {
  const { port } = server.address() as AddressInfo;
  const script = join(import.meta.dirname, 'fetch-cuda-provider.ts');
  const child = spawn(
    process.execPath,
    [
      script,
      '--base-url',
      `http://127.0.0.1:${port}/v3/`,
      '--version',
      '1.30.0',
      '--hash',
      hash,
      '--out',
      out,
      ...more,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], timeout: 20_000 },
  );
  const error = Array.fromAsync(child.stderr).then((parts) => parts.join(''));
  const [code] = await once(child, 'exit');
  return { code, error: await error };
}

test.each([
  ['sha256', sha256],
  ['sha512', sha512],
])('a package with the right %s is unpacked, the needed libraries only', async (_, hashOf) => {
  serve(whole);
  expect(await fetchProvider(hashOf(whole))).toEqual({ code: 0, error: '' });
  expect(paths).toEqual([
    '/v3/microsoft.ml.onnxruntime.gpu.linux/1.30.0/microsoft.ml.onnxruntime.gpu.linux.1.30.0.nupkg',
  ]);
  expect(readdirSync(out).sort()).toEqual([
    'libonnxruntime_providers_cuda.so',
    'libonnxruntime_providers_shared.so',
  ]);
  expect(readFileSync(join(out, 'libonnxruntime_providers_cuda.so')).equals(cuda)).toBe(true);
  expect(readFileSync(join(out, 'libonnxruntime_providers_shared.so')).equals(shared)).toBe(true);
});

const wrongHash = sha256(Buffer.from('another package'));
const foreign = packed({ [place('shared')]: shared });
const damaged = Buffer.from(whole);
damaged.fill(0, whole.indexOf(place('cuda')) + place('cuda').length, whole.indexOf(place('tensorrt')));

test.each<[string, Buffer, string, string]>([
  ['of another hash', whole, wrongHash, 'is another file than was asked for: its hash is sha256:'],
  ['that is no archive', shared, sha256(shared), 'this is no zip archive'],
  ['without the library', foreign, sha256(foreign), `does not hold ${place('cuda')}`],
  ['that was damaged before it was pinned', damaged, sha256(damaged), ''],
  ['without a hash to compare with', whole, '', 'its hash is not given'],
  ['with a hash that is none', whole, 'sha256:1234', 'sha256:1234 is no hash'],
])('a package %s is refused, and nothing of it is kept', async (_, bytes, hash, words) => {
  serve(bytes);
  const { code, error } = await fetchProvider(hash);
  expect(code).toBe(1);
  expect(error).toMatch(/^the CUDA provider was not fetched: .+\n$/);
  expect(error).toContain(words);
  expect(readdirSync(out)).toEqual([]);
});

test('a download that breaks off is refused', async () => {
  answer = (_, response) => {
    response.writeHead(200, { 'content-length': whole.length });
    response.write(whole.subarray(0, whole.length / 2), () => response.destroy());
  };
  const { code, error } = await fetchProvider(sha256(whole));
  expect(code).toBe(1);
  expect(error).toContain('the CUDA provider was not fetched');
  expect(readdirSync(out)).toEqual([]);
});

test('a server that does not go on is given up', async () => {
  answer = (_, response) => {
    response.writeHead(200, { 'content-length': whole.length });
    response.write(whole.subarray(0, 100));
  };
  const { code, error } = await fetchProvider(sha256(whole), '--timeout-s', '0.5');
  expect(code).toBe(1);
  expect(error).toContain('timeout');
  expect(readdirSync(out)).toEqual([]);
});

test('a server that has no such package is named', async () => {
  answer = (_, response) => void response.writeHead(404).end();
  expect((await fetchProvider(sha256(whole))).error).toContain('.nupkg answered 404');
});
