import { statfs } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadModelBytes } from '@selfsame/biometrics/assets';
import { readConfig as biometricsConfig } from '@selfsame/biometrics/config';
import { diagnoseDataKeys } from '@selfsame/keys/diagnosis';
import { keyVariables, type SealingService } from '@selfsame/keys/services';
import { Failure } from '@selfsame/runtime/errors';
import { type Check, failed, lineOf, ok, type Result, skipped, warning } from './check.ts';
import type { Deployment, ServicePlace } from './deployment.ts';

const assetsMs = 30_000;
const gibibyte = 1024 ** 3;
/** Too little is what is below both. */
const room = { warn: { bytes: 2 * gibibyte, share: 0.1 }, fail: { bytes: gibibyte / 4, share: 0.02 } };

/** What a deployment needs besides programs: keys, weights, room on disks. */
export function materialChecks(deployment: Deployment): Check[] {
  const { services, dataDirectory } = deployment;
  const biometrics = services.find(({ name }) => name === 'biometrics');
  return [
    ...services.flatMap((service): Check[] => {
      const { name } = service;
      if (!isSealing(name)) return [];
      return [{ area: 'keys', check: name, run: () => keys(name, service), timeoutMs: 15_000 }];
    }),
    ...(biometrics === undefined
      ? []
      : [{ area: 'assets', check: 'model weights', run: () => assets(biometrics), timeoutMs: assetsMs }]),
    ...(dataDirectory === undefined
      ? []
      : [{ area: 'disk', check: 'data directory', run: () => disk(dataDirectory, 'the data directory') }]),
    ...services.flatMap(({ name, environment }): Check[] => {
      const store = environment.OBJECT_STORE_URL;
      if (dataDirectory !== undefined || !store?.startsWith('file:')) return [];
      return [
        {
          area: 'disk',
          check: `pictures of ${name}`,
          run: () => disk(fileURLToPath(store), 'the object store'),
        },
      ];
    }),
  ];
}

function isSealing(name: string): name is SealingService {
  return Object.hasOwn(keyVariables, name);
}

async function keys(name: SealingService, { environment }: ServicePlace): Promise<Result[]> {
  const url = environment.DATABASE_URL;
  if (!url) return [skipped('DATABASE_URL is not set')];
  try {
    const found = await diagnoseDataKeys(name, url, environment);
    const locked = found.filter(({ trouble }) => trouble !== undefined);
    if (locked.length > 0) {
      return locked.map(({ purpose, version, isNewest, trouble }) =>
        failed(
          `${isNewest ? 'the newest data key' : 'a data key'} (${purpose} ${version}) cannot be opened: ${trouble}`,
          `give ${name} the key that sealed it: docs/keys.md, "A data key that the service cannot open"`,
        ),
      );
    }
    if (found.length === 0) return [ok('none yet: its first start makes one')];
    const providers = [...new Set(found.map(({ provider }) => provider))].join(', ');
    return [ok(`${found.length} ${found.length === 1 ? 'data key opens' : 'data keys open'} (${providers})`)];
  } catch (error) {
    if (
      error instanceof Failure &&
      ['database_unreachable', 'database_refused', 'schema_behind'].includes(error.code)
    )
      return [skipped('its tables could not be looked at, see database')];
    return [failed(lineOf(error), `correct the key settings of ${name}: docs/keys.md`)];
  }
}

/** As biometrics does before it starts, on this machine. */
async function assets({ environment }: ServicePlace): Promise<Result[]> {
  let config: ReturnType<typeof biometricsConfig>;
  try {
    config = biometricsConfig(environment);
  } catch {
    return [skipped('the configuration of biometrics could not be read')];
  }
  try {
    const models = await loadModelBytes(config.assetPlaces, { age: config.ageModel });
    return [ok(`${Object.keys(models).length} files, every hash is right`)];
  } catch (error) {
    const isAltered = error instanceof Failure && error.code === 'model_altered';
    const remedy = isAltered
      ? 'replace that file by the published one, or remove it: pnpm assets:pack makes a whole set'
      : 'set SELFSAME_ASSETS to where the files are: pnpm assets:pack makes a whole set';
    return [failed(lineOf(error), remedy)];
  }
}

async function disk(path: string, whose: string): Promise<Result[]> {
  const { bavail, blocks, bsize } = await statfs(path);
  return [judgeRoom({ freeBytes: bavail * bsize, share: blocks === 0 ? 0 : bavail / blocks }, whose)];
}

/** What is left of a disk, in bytes and as a share: of a big disk a small share is room, and so is a big share of a small one. */
export function judgeRoom({ freeBytes, share }: { freeBytes: number; share: number }, whose: string): Result {
  const text = `${(freeBytes / gibibyte).toFixed(1)} GiB free, ${Math.round(share * 100)} %`;
  const remedy = `make room where ${whose} lies: PostgreSQL and NATS stop writing when it is full`;
  const isBelow = (bound: { bytes: number; share: number }) => freeBytes < bound.bytes && share < bound.share;
  if (isBelow(room.fail)) return failed(text, remedy);
  return isBelow(room.warn) ? warning(text, remedy) : ok(text);
}
