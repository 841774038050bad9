import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { Failure } from '@selfsame/runtime/errors';
import { assetPlaces, loadAsset, type ModelAsset, modelAssets } from '../assets.ts';
import { writeAtomically } from '../outbound/download.ts';
import { tar } from '../outbound/tar.ts';
import { mitLicence, modelNotice } from './licences.ts';

/**
 * pnpm assets:pack [--optional] [--out file.tar.gz]
 *
 * Writes the weights, their list and their licences as one archive, for a release page, an air-gapped mirror or a
 * volume. Unpacked anywhere, SELFSAME_ASSETS may point at it.
 */
const repository = resolve(import.meta.dirname, '../../../..');
const { values } = parseArgs({
  options: { optional: { type: 'boolean', default: false }, out: { type: 'string' } },
});

try {
  const { version } = JSON.parse(await readFile(resolve(repository, 'package.json'), 'utf8'));
  const out = resolve(values.out ?? `selfsame-assets-${version}.tar.gz`);
  const packed = modelAssets.filter((asset) => values.optional || !asset.optional);
  await writeAtomically(out, await archive(packed));
  console.log(`${out}: ${packed.length} model files`);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function archive(packed: readonly ModelAsset[]): Promise<Buffer> {
  const text = (path: string, content: string) => ({ path, bytes: Buffer.from(content) });
  const places = assetPlaces(process.env);
  const models = await Promise.all(
    packed.map(async (asset) => ({
      path: `models/${asset.name}`,
      bytes: await loadAsset(asset, places),
    })),
  );
  const apache = await readFile(resolve(repository, 'LICENSE'));
  return gzipSync(
    tar([
      text('assets.json', `${JSON.stringify({ version: 1, models: packed }, null, 2)}\n`),
      text('README.md', modelNotice(packed)),
      { path: 'LICENSES/Apache-2.0.txt', bytes: apache },
      text('LICENSES/MIT.txt', mitLicence(packed)),
      ...models,
    ]),
  );
}
