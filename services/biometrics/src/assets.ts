import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Environment } from '@selfsame/runtime/config';
import { errorCode, Failure } from '@selfsame/runtime/errors';
import assets from '../../../assets.json' with { type: 'json' };
import { download, writeAtomically } from './outbound/download.ts';
import type { ModelBytes } from './pipeline/models.ts';
import { MODEL_FILES, OPTIONAL_MODEL_FILES } from './pipeline/models.ts';

/** One weight file as pinned in assets.json. */
export interface ModelAsset {
  readonly name: string;
  readonly use: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Not part of the default pipeline. */
  readonly optional: boolean;
  readonly caution?: string;
  readonly licence: { readonly spdx: string; readonly copyright: string };
  readonly origin: {
    readonly repository: string;
    readonly commit: string;
    readonly url: string;
    readonly how: string;
    /** The URL serves this very file; otherwise it is the source that the file was converted from. */
    readonly unmodified: boolean;
  };
}

/** Every weight file the project knows. */
export const modelAssets: readonly ModelAsset[] = assets.models;

/** Where weights may lie. */
export interface AssetPlaces {
  /** A directory or an http(s) base URL, from SELFSAME_ASSETS. The files lie in it or in its `models`. */
  readonly assets: string | undefined;
  /** From SELFSAME_CACHE_DIR; downloads are kept in its `models`. */
  readonly cacheDirectory: string;
  /** `shared` beside the repository. */
  readonly sharedDirectory: string;
}

/** The places that the environment names. */
export function assetPlaces(environment: Environment): AssetPlaces {
  return {
    assets: environment.SELFSAME_ASSETS?.trim() || undefined,
    cacheDirectory: environment.SELFSAME_CACHE_DIR?.trim() || join(homedir(), '.cache', 'selfsame'),
    sharedDirectory: resolve(import.meta.dirname, '../../../../shared'),
  };
}

/**
 * The weights of the default pipeline and of the options that are on, each with the right hash, in memory that threads
 * share.
 * @throws Failure `model_missing`, `model_altered`: one line that names the file and what to do
 */
export async function loadModelBytes(
  places: AssetPlaces,
  options: { readonly age?: boolean } = {},
): Promise<ModelBytes> {
  const files = { ...MODEL_FILES, ...(options.age ? OPTIONAL_MODEL_FILES : {}) };
  const load = async ([role, file]: [string, string]): Promise<[string, Uint8Array]> => {
    const asset = modelAssets.find(({ name }) => name === file);
    if (asset === undefined) throw new Error(`assets.json does not name ${file}`);
    const bytes = await loadAsset(asset, places);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
    shared.set(bytes);
    return [role, shared];
  };
  const loaded = await Promise.all(Object.entries(files).map(load));
  // The same roles as the files.
  return Object.fromEntries(loaded) as unknown as ModelBytes;
}

/**
 * One weight file. The first place that has it decides; a wrong hash there is an error, never a reason to look on.
 * Downloads are kept in the cache.
 */
export async function loadAsset(asset: ModelAsset, places: AssetPlaces): Promise<Buffer> {
  const troubles: string[] = [];
  for (const source of sourcesOf(asset, places)) {
    try {
      const bytes = isUrl(source) ? await download(source, asset.bytes) : await readIfPresent(source);
      if (bytes === undefined) continue;
      requireHash(bytes, asset, source);
      // A cache that cannot be written costs the next start a download, nothing else.
      if (isUrl(source)) await writeAtomically(cachePath(asset, places), bytes).catch(() => {});
      return bytes;
    } catch (error) {
      if (error instanceof Failure) throw error;
      troubles.push(`${source}: ${reason(error)}`);
    }
  }
  throw missing(asset, places, troubles);
}

/** Paths and URLs in the order of asking: SELFSAME_ASSETS, the cache, `shared`, the URL of an unmodified original. */
function sourcesOf(asset: ModelAsset, places: AssetPlaces): string[] {
  const base = places.assets?.replace(/\/+$/, '');
  const own = base === undefined ? [] : [`${base}/${asset.name}`, `${base}/models/${asset.name}`];
  const cached = cachePath(asset, places);
  const upstream = asset.origin.unmodified ? [asset.origin.url] : [];
  const shared = join(places.sharedDirectory, 'models', asset.name);
  // What was downloaded from SELFSAME_ASSETS before is not downloaded again.
  const nearest = own.some(isUrl) ? [cached, ...own] : [...own, cached];
  return [...nearest, shared, ...upstream];
}

/** Where a file is kept once it was fetched. */
export function cachePath(asset: ModelAsset, places: AssetPlaces): string {
  return join(places.cacheDirectory, 'models', asset.name);
}

/** An address to download from, rather than a path. */
export function isUrl(source: string): boolean {
  return /^https?:\/\//.test(source);
}

/** The bytes of a file, or undefined when there is none. */
export async function readIfPresent(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** @throws Failure `model_altered` unless these are the published bytes of the file */
export function requireHash(bytes: Uint8Array, asset: ModelAsset, source: string): void {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === asset.sha256) return;
  throw new Failure(
    'precondition',
    'model_altered',
    `model file ${source} is altered: its SHA-256 is ${found} instead of ${asset.sha256}; ` +
      'replace it by the published file or remove it',
  );
}

/** The answer when no place has a file. */
export function missing(asset: ModelAsset, places: AssetPlaces, troubles: readonly string[]): Failure {
  const cache = join(places.cacheDirectory, 'models');
  const tried = troubles.length === 0 ? '' : ` (${troubles.join('; ')})`;
  return new Failure(
    'precondition',
    'model_missing',
    `model file ${asset.name} (SHA-256 ${asset.sha256}, ${asset.bytes} bytes) was not found${tried}: put it into ` +
      `${cache}, or set SELFSAME_ASSETS to a directory or URL that holds it; where the files are at hand, ` +
      'pnpm assets:pack writes them all into one archive',
  );
}

/** What went wrong in words, with its cause. */
export function reason(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return [error, cause]
    .map((each) => (each instanceof Error ? each.message : ''))
    .filter(Boolean)
    .join(', ');
}
