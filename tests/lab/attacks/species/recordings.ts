import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChallengedPresentation, LabChallenge, Presentation, Species } from '../presentation.ts';

/** What `challenge.json` of a recorded challenge holds, beside its frames. */
interface RecordedChallenge {
  readonly challenge: LabChallenge;
  readonly frames: readonly { readonly file: string; readonly takenAtMs: number }[];
}

/**
 * Species of somebody's own recordings, one for each folder of `directory`; a folder whose name begins with `bona-fide`
 * holds genuine ones. A picture in it is a passive frame; a folder in it is a challenge with its frames and `challenge.json`.
 *
 * @throws Error that names the directory when there is nothing in it
 */
export function recordings(directory: string): Species[] {
  if (!existsSync(directory)) throw new Error(`${directory} is no folder`);
  const folders = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const species = folders.map(({ name }) => speciesOf(name, join(directory, name)));
  if (species.length === 0) throw new Error(`no folder of recordings in ${directory}`);
  return species.sort((one, other) => one.id.localeCompare(other.id));
}

function speciesOf(name: string, folder: string): Species {
  const takes = readdirSync(folder)
    .filter(
      (entry) =>
        /\.(jpe?g|png|webp|tiff?)$/i.test(entry) || existsSync(join(folder, entry, 'challenge.json')),
    )
    .sort();
  return {
    id: `own:${name}`,
    title: `own recordings: ${name}`,
    sort: name.startsWith('bona-fide') ? 'bona fide' : 'attack',
    real: true,
    full: takes.length,
    quick: takes.length,
    async make(_kit, _random, index): Promise<Presentation> {
      const take = takes[index % takes.length];
      if (take === undefined) throw new Error(`no recordings in ${folder}`);
      const path = join(folder, take);
      return existsSync(join(path, 'challenge.json'))
        ? { ...readChallenge(path), file: path }
        : { kind: 'still', image: read(path), file: path };
    },
  };
}

function readChallenge(folder: string): ChallengedPresentation {
  const recorded: RecordedChallenge = JSON.parse(readFileSync(join(folder, 'challenge.json'), 'utf8'));
  if (!['flash', 'motion'].includes(recorded.challenge?.method)) {
    throw new Error(`challenge.json in ${folder}: method must be flash or motion`);
  }
  const frames = recorded.frames.map(({ file, takenAtMs }) => ({
    image: read(join(folder, file)),
    takenAtMs,
  }));
  const [first] = frames;
  if (first === undefined) throw new Error(`no frames in ${folder}`);
  return { kind: 'challenged', image: first.image, frames, challenge: recorded.challenge };
}

function read(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(path));
}
