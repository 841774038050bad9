import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { errorCode, Failure } from '@selfsame/runtime/errors';
import {
  type AssetPlaces,
  cachePath,
  isUrl,
  loadAsset,
  type ModelAsset,
  missing,
  modelAssets,
  readIfPresent,
  reason,
  requireHash,
} from './assets.ts';
import { download, writeAtomically } from './outbound/download.ts';
import { untar } from './outbound/tar.ts';
import { MODEL_FILES, OPTIONAL_MODEL_FILES } from './pipeline/models.ts';

/** What became of one file: it was there already, it was fetched, or an altered one was replaced. */
export interface FetchedAsset {
  readonly name: string;
  readonly outcome: 'kept' | 'fetched' | 'replaced';
}

/** Headers, list, licences and padding of the archive, beside the weights. */
const ARCHIVE_EXTRA_BYTES = 4 * 1024 * 1024;

/**
 * Fills the cache with weight files, each checked. What is there and right stays, so a run that was broken off is gone on
 * with by the next; a file is never seen half, and an altered one is replaced. SELFSAME_ASSETS may also be the path or
 * URL of the archive of `pnpm assets:pack` here (`.tar.gz`, `.tgz`).
 * @throws Failure `model_missing`, `model_altered` (at the source), `assets_unwritable`, `assets_archive`: one line each
 */
export async function fetchAssets(
  wanted: readonly ModelAsset[],
  places: AssetPlaces,
): Promise<FetchedAsset[]> {
  await removeUnfinished(join(places.cacheDirectory, 'models'));
  const fetched: FetchedAsset[] = [];
  const archived = once(() => openArchive(places.assets ?? ''));
  for (const asset of wanted) {
    const path = cachePath(asset, places);
    const state = await stateOf(path, asset);
    if (state === 'right') {
      fetched.push({ name: asset.name, outcome: 'kept' });
      continue;
    }
    // An altered file here is not a source: what the places outside have decides.
    if (state === 'altered') await writing(path, () => rm(path));
    const bytes = isArchive(places.assets)
      ? fromArchive(await archived(), asset, places)
      : await loadAsset(asset, places);
    await writing(path, () => writeAtomically(path, bytes));
    fetched.push({ name: asset.name, outcome: state === 'altered' ? 'replaced' : 'fetched' });
  }
  return fetched;
}

/** The files that biometrics needs with these options. */
export function wantedAssets(options: { readonly age: boolean }): readonly ModelAsset[] {
  const names: string[] = Object.values({ ...MODEL_FILES, ...(options.age ? OPTIONAL_MODEL_FILES : {}) });
  return modelAssets.filter(({ name }) => names.includes(name));
}

async function stateOf(path: string, asset: ModelAsset): Promise<'right' | 'altered' | 'absent'> {
  const bytes = await readIfPresent(path);
  if (bytes === undefined) return 'absent';
  try {
    requireHash(bytes, asset, path);
    return 'right';
  } catch {
    return 'altered';
  }
}

function isArchive(place: string | undefined): boolean {
  return place !== undefined && /\.(tar\.gz|tgz)$/.test(place);
}

type Archive = ReadonlyMap<string, Uint8Array>;

/** The files of the archive by their last name. */
async function openArchive(source: string): Promise<Archive> {
  const limit = modelAssets.reduce((total, { bytes }) => total + bytes, ARCHIVE_EXTRA_BYTES);
  try {
    const packed = isUrl(source) ? await download(source, limit) : await readIfPresent(source);
    if (packed === undefined) throw new Error('there is no such file');
    const bytes = await promisify(gunzip)(packed, { maxOutputLength: limit });
    return new Map(untar(bytes).map((entry) => [basename(entry.path), entry.bytes]));
  } catch (error) {
    throw new Failure(
      'precondition',
      'assets_archive',
      `the archive ${source} (SELFSAME_ASSETS) cannot be used: ${reason(error)}; make it with pnpm assets:pack`,
      { cause: error },
    );
  }
}

function fromArchive(archive: Archive, asset: ModelAsset, places: AssetPlaces): Uint8Array {
  const bytes = archive.get(asset.name);
  if (bytes === undefined) throw missing(asset, places, [`${places.assets}: it is not in the archive`]);
  requireHash(bytes, asset, `${places.assets}/${asset.name}`);
  return bytes;
}

/** What a killed run left. */
async function removeUnfinished(directory: string): Promise<void> {
  try {
    const left = (await readdir(directory)).filter((name) => name.endsWith('.part'));
    await Promise.all(left.map((name) => rm(join(directory, name), { force: true })));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw unwritable(directory, error);
  }
}

async function writing(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw unwritable(dirname(path), error);
  }
}

function unwritable(directory: string, error: unknown): Failure {
  return new Failure(
    'precondition',
    'assets_unwritable',
    `${directory} (SELFSAME_CACHE_DIR) cannot be written: ${reason(error)}; it needs room and has to belong to the user that runs`,
    { cause: error },
  );
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
