import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { assetsDirectory } from '@selfsame/testing/assets';
import { seeAll } from '../faces/measure.ts';

/** Embeddings of the sample faces, in memory for the run. */
export interface FaceSet {
  readonly embeddings: readonly Float32Array[];
  /** Who is on each photo. */
  readonly people: readonly string[];
  /** Indices of every two photos of one person, and of two. */
  readonly genuine: readonly (readonly [number, number])[];
  readonly impostor: readonly (readonly [number, number])[];
}

/** Looks at every photo `img/p<person>_<number>.jpg` of the sample faces. */
export async function openFaces(): Promise<FaceSet> {
  const directory = join(assetsDirectory(), 'faces');
  const names = readdirSync(join(directory, 'img')).filter((name) => /^p\d+_\d+\.jpg$/.test(name));
  const seen = await seeAll(
    directory,
    names.map((name) => `img/${name}`),
    () => {},
  );
  const found = names.toSorted().flatMap((name) => {
    const embedding = seen.get(`img/${name}`)?.plain;
    return embedding ? [{ person: name.split('_')[0] ?? '', embedding }] : [];
  });
  const pairs = found.flatMap((_, a) => found.slice(a + 1).map((_, b) => [a, a + 1 + b] as const));
  const same = ([a, b]: readonly [number, number]) => found[a]?.person === found[b]?.person;
  return {
    embeddings: found.map(({ embedding }) => embedding),
    people: found.map(({ person }) => person),
    genuine: pairs.filter(same),
    impostor: pairs.filter((pair) => !same(pair)),
  };
}
