import type { Looker } from '@selfsame/biometrics/pipeline/look';
import { randomOf } from '../../chaos/random.ts';
import { createExaminer } from '../attacks/examination.ts';
import type { Kit, Species } from '../attacks/presentation.ts';
import { bonaFideFlash, bonaFideMotion } from '../attacks/species/active-bona-fide.ts';
import { flashMismatch } from '../attacks/species/flash-mismatch.ts';
import { handHeld } from '../attacks/species/hand-held.ts';
import { replayFlash } from '../attacks/species/replay-video.ts';
import type { Encoder, Setting } from './encoder.ts';

/** Frames of a challenge by setting: the longer side of the lab's frames is 480. */
const FRAME_SETTINGS: readonly Setting[] = [
  { longSide: 480, quality: 0.9 },
  { longSide: 480, quality: 0.75 },
  { longSide: 480, quality: 0.6 },
  { longSide: 480, quality: 0.5 },
  { longSide: 400, quality: 0.75 },
  { longSide: 320, quality: 0.75 },
  { longSide: 320, quality: 0.5 },
];

const SPECIES: readonly Species[] = [bonaFideFlash, bonaFideMotion, flashMismatch, replayFlash, handHeld];

/** How many presentations of each species passed the challenge at one setting, and what their frames weigh. */
export interface ChallengeRow {
  readonly setting: Setting;
  readonly passed: Readonly<Record<string, number>>;
  /** Median of all frames of a presentation. */
  readonly kilobytes: number;
}

/** Shows the same presentations at every setting. */
export async function measureChallenges(
  looker: Looker,
  kit: Kit,
  encoder: Encoder,
  { count, seed, report }: { count: number; seed: number; report: (done: number, total: number) => void },
): Promise<ChallengeRow[]> {
  const { examine } = createExaminer(looker);
  const passed = FRAME_SETTINGS.map(() => new Map<string, number>(SPECIES.map(({ id }) => [id, 0])));
  const weights = FRAME_SETTINGS.map((): number[] => []);
  for (const species of SPECIES) {
    for (let index = 0; index < count; index += 1) {
      const presentation = await species.make(kit, randomOf(seed, species.id, index), index);
      if (presentation.kind !== 'challenged') throw new Error(`${species.id} is no challenge`);
      const encoded: Uint8Array<ArrayBuffer>[][] = [];
      for (const { image } of presentation.frames) encoded.push(await encoder.encode(image, FRAME_SETTINGS));
      for (const at of FRAME_SETTINGS.keys()) {
        const frames = presentation.frames.flatMap(({ takenAtMs }, frame) => {
          const image = encoded[frame]?.[at];
          return image === undefined ? [] : { takenAtMs, image };
        });
        // The still is not what is measured here: its frame keeps its quality.
        const shown = { ...presentation, image: presentation.image.slice(), frames };
        weights[at]?.push(frames.reduce((sum, { image }) => sum + image.length, 0) / 1000);
        const { challengeFailures } = await examine(shown, randomOf(seed, species.id, index, 'samples'));
        const counts = passed[at];
        if (challengeFailures.length === 0) counts?.set(species.id, (counts.get(species.id) ?? 0) + 1);
      }
      report(SPECIES.indexOf(species) * count + index + 1, SPECIES.length * count);
    }
  }
  return FRAME_SETTINGS.map((setting, at) => ({
    setting,
    passed: Object.fromEntries(passed[at] ?? []),
    kilobytes:
      (weights[at] ?? []).toSorted((one, other) => one - other)[(weights[at]?.length ?? 0) >> 1] ?? 0,
  }));
}
