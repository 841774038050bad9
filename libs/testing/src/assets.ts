import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * The folder with `models/` and `faces/`, which are not part of the repository: SELFSAME_ASSETS, else `shared` beside it.
 *
 * @throws Error that names both places when neither holds them
 */
export function assetsDirectory(): string {
  const repository = resolve(import.meta.dirname, '../../..');
  const candidates = [process.env.SELFSAME_ASSETS, resolve(repository, '../shared')];
  const found = candidates.find((candidate) => candidate && existsSync(join(candidate, 'models')));
  if (!found) {
    throw new Error(
      `No models and faces: set SELFSAME_ASSETS to a directory that holds models/ and faces/, or put them in ${candidates[1]}`,
    );
  }
  return found;
}

/** Absolute path of a sample face, e.g. `img/p01_1.jpg`. */
export function facePath(name: string): string {
  const path = join(assetsDirectory(), 'faces', name);
  if (!existsSync(path)) throw new Error(`No sample face ${name} at ${path}`);
  return path;
}
