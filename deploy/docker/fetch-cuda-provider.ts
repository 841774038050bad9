import { createHash, timingSafeEqual } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { unzip } from './zip.ts';

/**
 * node deploy/docker/fetch-cuda-provider.ts --version 1.30.0 --hash sha512:… --out folder [--base-url …] [--timeout-s …]
 *
 * Fetches onnxruntime's libraries for CUDA 12 on Linux x64, the package that onnxruntime-node's own install script would
 * fetch unchecked, compares it with the hash, and unpacks what the CUDA provider needs. Nothing is kept of a package
 * that is another one than was asked for. Needs nothing but Node.
 */
const PACKAGE = 'microsoft.ml.onnxruntime.gpu.linux';
const LIBRARIES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];
/** Version 1.30 takes about a third of it. */
const LIMIT_BYTES = 1024 ** 3;

const { values } = parseArgs({
  options: {
    'base-url': { type: 'string', default: 'https://api.nuget.org/v3-flatcontainer' },
    version: { type: 'string', default: '' },
    hash: { type: 'string', default: '' },
    out: { type: 'string', default: '' },
    'timeout-s': { type: 'string', default: '900' },
  },
});

try {
  await main();
} catch (error) {
  const { message, cause } = error as Error;
  console.error(
    `the CUDA provider was not fetched: ${message}${cause instanceof Error ? `: ${cause.message}` : ''}`,
  );
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { version, out } = values;
  if (!/^\d+\.\d+\.\d+[\w.-]*$/.test(version) || out === '')
    throw new Error('--version and --out are required');
  const expected = readHash(values.hash);
  const timeoutMs = Number(values['timeout-s']) * 1000;
  const url = `${values['base-url'].replace(/\/+$/, '')}/${PACKAGE}/${version}/${PACKAGE}.${version}.nupkg`;
  await mkdir(out, { recursive: true });
  const archive = join(out, 'package.part');
  try {
    const found = await fetchTo(archive, url, expected.algorithm, timeoutMs);
    if (found.length !== expected.digest.length || !timingSafeEqual(found, expected.digest)) {
      const shown = found.toString(expected.encoding);
      throw new Error(
        `${url} is another file than was asked for: its hash is ${expected.algorithm}:${shown}`,
      );
    }
    const names = LIBRARIES.map((name) => `runtimes/linux-x64/native/${name}`);
    const unpacked: { path: string; bytes: Buffer }[] = [];
    for await (const { name, bytes } of unzip(archive, names)) {
      unpacked.push({ path: join(out, name.replace(/^.*\//, '')), bytes });
    }
    for (const { path, bytes } of unpacked) {
      await writeFile(`${path}.part`, bytes);
      await rename(`${path}.part`, path);
      console.log(`${path}: ${bytes.length} bytes`);
    }
  } finally {
    await rm(archive, { force: true });
  }
}

/** `sha512:` and base64, as the package index shows it, or `sha256:` and hex, as sha256sum does. */
function readHash(text: string) {
  const hex = /^sha256:([0-9a-f]{64})$/i.exec(text)?.[1];
  if (hex) return { algorithm: 'sha256', encoding: 'hex', digest: Buffer.from(hex, 'hex') } as const;
  const base64 = /^sha512:([A-Za-z0-9+/]{86}==)$/.exec(text)?.[1];
  if (base64)
    return { algorithm: 'sha512', encoding: 'base64', digest: Buffer.from(base64, 'base64') } as const;
  throw new Error(
    `${text === '' ? 'its hash is not given' : `${text} is no hash`}: sha256:HEX or sha512:BASE64 is required ` +
      '(deploy/docker/README.md tells where to find it)',
  );
}

/** Streams a download into a file and answers its digest. @throws Error on any other answer, when it is late or too large */
async function fetchTo(path: string, url: string, algorithm: string, timeoutMs: number): Promise<Buffer> {
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { signal });
  if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}`);
  const announced = response.headers.get('content-length');
  const hash = createHash(algorithm);
  const file = await open(path, 'w');
  let length = 0;
  try {
    for await (const chunk of response.body) {
      length += chunk.byteLength;
      if (length > LIMIT_BYTES) throw new Error(`${url} is larger than ${LIMIT_BYTES} bytes`);
      hash.update(chunk);
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  if (announced !== null && length !== Number(announced))
    throw new Error(`${url} ended after ${length} bytes`);
  return hash.digest();
}
