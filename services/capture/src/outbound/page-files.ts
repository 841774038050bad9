import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { Failure } from '@selfsame/runtime/errors';

/** One file of the page, as it goes over the wire. */
export interface Asset {
  readonly contentType: string;
  readonly identity: Buffer;
  readonly gzip: Buffer;
  readonly br: Buffer;
}

/** The built page. Some 150 kB: it lives in memory, its files compressed once. */
export interface Page {
  /** With places for what is each answer's own. */
  readonly html: string;
  /** By file name under /capture-assets. */
  readonly assets: ReadonlyMap<string, Asset>;
  /** The page that asks for a consent, all of it, with places of the same kind. */
  readonly consentHtml: string;
}

const contentTypes: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** @throws Failure `page_missing` when the page has not been built */
export async function readPage(directory: string): Promise<Page> {
  try {
    const html = await readFile(join(directory, 'index.html'), 'utf8');
    const consentHtml = await readFile(join(directory, 'consent/index.html'), 'utf8');
    return { html, consentHtml, assets: await readAssets(join(directory, 'capture-assets')) };
  } catch (cause) {
    throw missing(directory, cause);
  }
}

/** The built page of all states. */
export interface StatesPage {
  readonly gallery: string;
  readonly state: string;
  /** By file name under /__states/assets. */
  readonly assets: ReadonlyMap<string, Asset>;
}

/** @throws Failure `page_missing` when it has not been built */
export async function readStatesPage(directory: string): Promise<StatesPage> {
  const folder = join(directory, 'states');
  try {
    return {
      gallery: await readFile(join(folder, 'index.html'), 'utf8'),
      state: await readFile(join(folder, 'state.html'), 'utf8'),
      assets: await readAssets(join(folder, 'assets')),
    };
  } catch (cause) {
    throw missing(folder, cause);
  }
}

async function readAssets(folder: string): Promise<ReadonlyMap<string, Asset>> {
  const names = await readdir(folder);
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readAsset(join(folder, name))] as const)),
  );
}

function missing(directory: string, cause: unknown): Failure {
  return new Failure(
    'precondition',
    'page_missing',
    `the capture page is not built in ${directory}: run "pnpm --filter @selfsame/capture build"`,
    { cause },
  );
}

async function readAsset(path: string): Promise<Asset> {
  const identity = await readFile(path);
  return {
    contentType: contentTypes[extname(path)] ?? 'application/octet-stream',
    identity,
    gzip: gzipSync(identity, { level: 9 }),
    br: brotliCompressSync(identity),
  };
}
