import { readSettings, setting } from '@selfsame/runtime/config';
import { Failure } from '@selfsame/runtime/errors';
import { assetPlaces } from '../assets.ts';
import { fetchAssets, wantedAssets } from '../fetch-assets.ts';

/**
 * pnpm assets:fetch, and the init step of a pod.
 *
 * Fills SELFSAME_CACHE_DIR with the weights from SELFSAME_ASSETS (a directory, a base URL, or the archive of
 * `pnpm assets:pack`) and checks every hash. Exit code 0 and a line when all are there; 1 and one line when not.
 */
try {
  const { age } = readSettings(
    { age: setting.boolean('BIOMETRICS_AGE_MODEL', { default: false }) },
    process.env,
  );
  const places = assetPlaces(process.env);
  const files = await fetchAssets(wantedAssets({ age }), places);
  const count = (outcome: string) => files.filter((file) => file.outcome === outcome).length;
  console.log(
    `${places.cacheDirectory}/models: ${files.length} model files, all hashes right ` +
      `(${count('kept')} were there, ${count('fetched')} fetched, ${count('replaced')} replaced)`,
  );
} catch (error) {
  if (!(error instanceof Failure) && !(error instanceof Error && error.name === 'ConfigError')) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
