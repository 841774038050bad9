import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from './wait.ts';

/** Where suites of a run share what takes long to make; set and removed by the global setup. */
export const runDirectoryVariable = 'SELFSAME_TEST_RUN_DIRECTORY';

/**
 * A directory that the first suite that asks for it fills, and all others of the run read.
 *
 * @param fill is called once in a run; when it fails, it fails for all
 * @returns its path
 */
export async function sharedDirectory(
  name: string,
  fill: (directory: string) => Promise<void>,
): Promise<string> {
  const run = process.env[runDirectoryVariable];
  if (run === undefined) throw new Error('no run of tests has begun');
  const directory = join(run, name);
  const outcome = `${directory}.outcome`;
  const isFirst = await mkdir(directory).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      return false;
    },
  );
  if (isFirst) {
    const why = await fill(directory).then(
      () => '',
      (error: unknown) => String(error),
    );
    await writeFile(`${outcome}.next`, JSON.stringify({ why }));
    await rename(`${outcome}.next`, outcome);
  }
  const { why } = JSON.parse(
    await waitFor(`the shared ${name}`, () => readFile(outcome, 'utf8'), {
      timeoutMs: 120_000,
      intervalMs: 50,
    }),
  ) as { why: string };
  if (why !== '') throw new Error(`the shared ${name} could not be made: ${why}`);
  return directory;
}
