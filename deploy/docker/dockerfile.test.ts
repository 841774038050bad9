import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { dockerfileTroubles } from './dockerfile.ts';

const repository = resolve(import.meta.dirname, '../..');
const text = (path: string) => readFileSync(join(repository, path), 'utf8');
const dockerfiles = globSync('deploy/docker/*Dockerfile', { cwd: repository });
const catalog: Record<string, string> = parse(text('pnpm-workspace.yaml')).catalog;

test('the Dockerfiles keep every rule', () => {
  expect(dockerfiles.sort()).toEqual(['deploy/docker/Dockerfile', 'deploy/docker/gpu.Dockerfile']);
  expect(dockerfiles.map((path) => [path, dockerfileTroubles(text(path))])).toEqual(
    dockerfiles.map((path) => [path, []]),
  );
});

test.each([
  [/^FROM .*BASE_IMAGE.*$/, 'FROM debian:12', 'FROM debian:12 is no image named by an argument'],
  ['26.10.0-bookworm-slim', 'latest', 'node:latest has no version'],
  [':26.10.0-bookworm-slim', '', 'node has no version'],
  ['USER 1000:1000', 'USER node', 'USER is no number, or root'],
  ['USER 1000:1000', 'USER 0:0', 'USER is no number, or root'],
  ['USER 1000:1000\n', '', 'USER is no number, or root'],
  ['COPY . .', 'ADD . .', 'ADD fetches'],
  ['COPY --from=build /image /', 'COPY --from=build /source /app', 'something other than what was assembled'],
  ['USER 1000', 'COPY . /app\nUSER 1000', 'something other than what was assembled'],
  ['ARG REVISION', 'ARG NPM_TOKEN', 'ARG NPM_TOKEN would stay'],
  ['NODE_ENV=production', 'BIOMETRIC_KEY=x', 'ENV BIOMETRIC_KEY would stay'],
  ['org.opencontainers.image.source=', 'org.example.source=', 'the label source is missing'],
  ['STOPSIGNAL SIGTERM', 'STOPSIGNAL SIGKILL', 'not told to stop'],
  ['HEALTHCHECK NONE', 'HEALTHCHECK CMD curl localhost', 'HEALTHCHECK is not NONE'],
  ['ENTRYPOINT ["node"]', 'ENTRYPOINT node', 'a shell would run it'],
  ['STOPSIGNAL', 'RUN id\nSTOPSIGNAL', 'needs a shell'],
  [/RUN .*check-arguments.*\n/, '', 'nothing refuses a base'],
])('a Dockerfile with %s → %s is refused', (good, bad, words) => {
  const before = text('deploy/docker/Dockerfile');
  const after = before.replaceAll(typeof good === 'string' ? good : new RegExp(good, 'gm'), bad);
  expect(after).not.toBe(before);
  expect(dockerfileTroubles(after).join('\n')).toContain(words);
});

test('the images run the Node, and fetch the provider, that this repository is tested with', () => {
  const metadata = createRequire(join(repository, 'services/biometrics/package.json'))(
    'onnxruntime-node/script/install-metadata.js',
  );
  for (const path of dockerfiles) expect(text(path)).toContain(`ARG NODE_IMAGE=node:${catalog.node}-`);
  const gpu = text('deploy/docker/gpu.Dockerfile');
  expect(gpu).toContain(`ARG CUDA_PROVIDER_VERSION=${catalog['onnxruntime-node']}\n`);
  const [feed] = metadata.packages['nuget:linux/x64:cuda12'].versions;
  expect(feed).toEqual({ feed: 'nuget', version: catalog['onnxruntime-node'] });
  expect(gpu).toMatch(/^ARG CUDA_PROVIDER_HASH$/m);
});

describe('what a release is built from', () => {
  const digest = `sha256:${'0f'.repeat(32)}`;
  const told = { SOURCE_URL: 'https://example.com/selfsame', REVISION: 'abc', VERSION: '1.0.0' };
  const check = (images: string[], environment: NodeJS.ProcessEnv) =>
    spawnSync(join(import.meta.dirname, 'check-arguments.sh'), images, {
      env: { PATH: process.env.PATH, ...environment },
      encoding: 'utf8',
    });

  test('is accepted when bases have digests and labels their values', () => {
    expect(check([`node:26.10.0@${digest}`], told)).toMatchObject({ status: 0, stderr: '' });
  });

  test.each<[string, string, NodeJS.ProcessEnv, string]>([
    ['a tag', 'node:26.10.0', told, 'node:26.10.0 is not pinned by digest'],
    ['half a digest', `node@${digest.slice(0, 40)}`, told, 'is not pinned by digest'],
    ['no revision', `node@${digest}`, { ...told, REVISION: '' }, 'REVISION is not set'],
  ])('is refused with %s, unless it is no release', (_, image, environment, words) => {
    const refused = check([image], environment);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(words);
    expect(check([image], { RELEASE: 'no' }).status).toBe(0);
  });
});

describe('.dockerignore', () => {
  const patterns = text('.dockerignore')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  /** The last pattern that matches a path, or a folder above it, decides. */
  const inContext = (path: string) => {
    const places = path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
    const matches = (pattern: string) =>
      places.some((place) => new RegExp(`^${regular(pattern)}$`).test(place));
    const last = patterns.findLast((pattern) => matches(pattern.replace(/^!/, '')));
    return last === undefined || last.startsWith('!');
  };
  const regular = (pattern: string) =>
    pattern
      .replace(/[.+]/g, '\\$&')
      .replaceAll('**/', '(?:.+/)?')
      .replace(/(?<!\.)\*(?!\*)/g, '[^/]*')
      .replaceAll('(?:.+/)?', '(?:.+/)?');

  test('lets in what an image is made from', () => {
    const needed = [
      'package.json',
      'pnpm-lock.yaml',
      'pnpm-workspace.yaml',
      'turbo.json',
      'assets.json',
      'LICENSE',
    ];
    const workspaces = globSync('{libs,packages,services,apps}/*/package.json', { cwd: repository });
    const scripts = globSync('deploy/docker/*', { cwd: repository });
    const more = ['deploy/package.json', 'tests/package.json', 'libs/bus/src/bus.ts', 'proto/buf.yaml'];
    expect([...needed, ...workspaces, ...scripts, ...more].filter((path) => !inContext(path))).toEqual([]);
  });

  test.each([
    '.git/config',
    '.selfsame/secrets.json',
    'keys.json',
    'deploy/keys.json',
    'edge.pem',
    'services/session/.env',
    'backup/dump.sql',
    'node_modules/pg/package.json',
    'libs/bus/node_modules/pg/package.json',
    'libs/contracts/gen/a.ts',
    'tests/chaos/main.ts',
  ])('keeps %s out', (path) => {
    expect(inContext(path)).toBe(false);
  });
});
