import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startReceiver } from '@selfsame/testing/receiver';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type AssetPlaces,
  assetPlaces,
  loadAsset,
  loadModelBytes,
  type ModelAsset,
  modelAssets,
} from './assets.ts';
import { MODEL_FILES } from './pipeline/models.ts';

const weights = 'a weight file';
const asset: ModelAsset = {
  name: 'model.onnx',
  use: 'a test',
  bytes: weights.length,
  sha256: createHash('sha256').update(weights).digest('hex'),
  optional: false,
  licence: { spdx: 'MIT', copyright: 'nobody' },
  origin: { repository: '', commit: '', url: '', how: 'converted', unmodified: false },
};

let directory: string;
let places: AssetPlaces;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'selfsame-assets-'));
  places = {
    assets: undefined,
    cacheDirectory: join(directory, 'cache'),
    sharedDirectory: join(directory, 'shared'),
  };
  receiver = await startReceiver();
  receiver.answer(({ path }) =>
    path === '/weights/model.onnx' ? { status: 200, body: weights } : { status: 404 },
  );
});
afterEach(async () => {
  await receiver.close();
  rmSync(directory, { recursive: true, force: true });
});

function put(place: string, content = weights): string {
  const path = join(directory, place, 'model.onnx');
  mkdirSync(join(directory, place), { recursive: true });
  writeFileSync(path, content);
  return path;
}

describe('the first place that has a file decides', () => {
  test.each([
    ['own', 'SELFSAME_ASSETS'],
    ['own/models', 'models in SELFSAME_ASSETS'],
    ['cache/models', 'the cache'],
    ['shared/models', 'shared beside the repository'],
  ])('%s', async (place) => {
    put(place);
    const bytes = await loadAsset(asset, { ...places, assets: join(directory, 'own') });
    expect(bytes.toString()).toBe(weights);
  });

  test('an altered file stops the search and is named with both hashes, in one line', async () => {
    const path = put('own', 'an altered file');
    put('shared/models');
    const attempt = loadAsset(asset, { ...places, assets: join(directory, 'own') });
    await expect(attempt).rejects.toMatchObject({ code: 'model_altered', kind: 'precondition' });
    await expect(attempt).rejects.toThrow(
      `model file ${path} is altered: its SHA-256 is ${createHash('sha256').update('an altered file').digest('hex')} instead of ${asset.sha256}; replace it by the published file or remove it`,
    );
  });

  test('a file that is nowhere is named with its hash and where to put it, in one line', async () => {
    const attempt = loadAsset(asset, places);
    await expect(attempt).rejects.toMatchObject({ code: 'model_missing', kind: 'precondition' });
    await expect(attempt).rejects.toThrow(
      `model file model.onnx (SHA-256 ${asset.sha256}, 13 bytes) was not found: put it into ${directory}/cache/models, or set SELFSAME_ASSETS to a directory or URL that holds it`,
    );
    await expect(attempt).rejects.not.toThrow('\n');
  });
});

describe('a download', () => {
  const cached = () => join(directory, 'cache/models/model.onnx');
  const upstream = (url: string): ModelAsset => ({
    ...asset,
    origin: { ...asset.origin, url, unmodified: true },
  });

  test('from SELFSAME_ASSETS happens once and is kept', async () => {
    const own = { ...places, assets: `${receiver.url}/weights/` };
    for (let round = 0; round < 2; round += 1) {
      expect((await loadAsset(asset, own)).toString()).toBe(weights);
    }
    expect(receiver.requests).toHaveLength(1);
    expect(readFileSync(cached(), 'utf8')).toBe(weights);
    expect(readdirSync(join(directory, 'cache/models'))).toEqual(['model.onnx']);
  });

  test('from upstream is the last resort, and only for a file published as it is', async () => {
    const url = `${receiver.url}/weights/model.onnx`;
    expect((await loadAsset(upstream(url), places)).toString()).toBe(weights);
    rmSync(cached());
    const converted = { ...asset, origin: { ...asset.origin, url } };
    await expect(loadAsset(converted, places)).rejects.toMatchObject({ code: 'model_missing' });
    expect(receiver.requests).toHaveLength(1);
  });

  test('with the wrong content is refused and not kept', async () => {
    receiver.answer(() => ({ status: 200, body: 'another file' }));
    const attempt = loadAsset(upstream(`${receiver.url}/model.onnx`), places);
    await expect(attempt).rejects.toMatchObject({ code: 'model_altered' });
    expect(() => readdirSync(join(directory, 'cache/models'))).toThrow('ENOENT');
  });

  test.each([
    [
      'that is too long is broken off',
      () => ({ status: 200, body: 'x'.repeat(100_000) }),
      'sent more than 13 bytes',
    ],
    ['that fails says how', () => ({ status: 500 }), 'answered 500'],
  ])('%s', async (_, answer, words) => {
    receiver.answer(answer);
    const attempt = loadAsset(upstream(`${receiver.url}/model.onnx`), places);
    await expect(attempt).rejects.toMatchObject({ code: 'model_missing' });
    await expect(attempt).rejects.toThrow(words);
  });
});

test('the list names every file of the pipeline, and none of them has research-only terms', () => {
  const pipeline = modelAssets.filter(({ optional }) => !optional);
  expect(pipeline.map(({ name }) => name).sort()).toEqual(Object.values(MODEL_FILES).sort());
  expect(pipeline.filter(({ caution }) => caution)).toEqual([]);
});

test('a directory unpacked from the archive is all that SELFSAME_ASSETS needs', async () => {
  const archive = join(directory, 'assets.tar.gz');
  const unpacked = join(directory, 'unpacked');
  mkdirSync(unpacked);
  const run = promisify(execFile);
  await run(process.execPath, [resolve(import.meta.dirname, 'cli/pack-assets.ts'), '--out', archive]);
  await run('tar', ['-xzf', archive, '-C', unpacked]);
  expect(readdirSync(unpacked).sort()).toEqual(['LICENSES', 'README.md', 'assets.json', 'models']);

  const environment = { SELFSAME_ASSETS: unpacked, SELFSAME_CACHE_DIR: join(directory, 'cache') };
  const models = await loadModelBytes({ ...assetPlaces(environment), sharedDirectory: '/nowhere' });
  expect(Object.keys(models).sort()).toEqual(Object.keys(MODEL_FILES).sort());
});
