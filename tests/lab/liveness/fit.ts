/**
 * Fits the weights of the liveness ensemble and tells what they reach. `node lab/liveness/fit.ts [--size 40] [--save f]`:
 * presentations of seed 3 are fitted on, those of seed 4 are only measured. Held-out species are never made here.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { assetPlaces, loadModelBytes } from '@selfsame/biometrics/assets';
import { findProblem, VERIFY_GATES } from '@selfsame/biometrics/domain/gates';
import { type LivenessCues, livenessCues } from '@selfsame/biometrics/domain/liveness';
import { createLooker, type Looker } from '@selfsame/biometrics/pipeline/look';
import { loadModels } from '@selfsame/biometrics/pipeline/models';
import { facePath } from '@selfsame/testing/assets';
import { randomOf } from '../../chaos/random.ts';
import { CATALOGUE } from '../attacks/catalogue.ts';
import { loadKit } from '../attacks/portraits.ts';
import { fitLogistic, type Sample } from './logistic.ts';

const FITTED = ['print', 'glossy-print', 'phone', 'cut-out', 'selfie', 'video'];
const CUES = ['networks', 'borders', 'moire', 'contour'] as const satisfies readonly (keyof LivenessCues)[];

const { values } = parseArgs({
  options: { size: { type: 'string', default: '40' }, save: { type: 'string' } },
});
const size = Number(values.size);
const looker = await createLooker(await loadModels(await loadModelBytes(assetPlaces(process.env))));

const fitted = [...(await simulate(looker, 3)), ...(await samplesOf(looker))];
const weights = fitLogistic(fitted, CUES.length);
console.log(
  'bias',
  weights[0]?.toFixed(3),
  ...CUES.map((cue, index) => `${cue} ${weights[index + 1]?.toFixed(3)}`),
);

const measured = await simulate(looker, 4);
const logOdds = (sample: Sample) =>
  sample.cues.reduce((sum, cue, index) => sum + cue * (weights[index + 1] ?? 0), weights[0] ?? 0);
const people = [...fitted, ...measured]
  .filter(({ live }) => live)
  .map(logOdds)
  .sort((one, other) => one - other);
for (const share of [0.01, 0.02, 0.05, 0.25, 0.5]) {
  const limit = people[Math.floor(share * people.length)] ?? 0;
  const missed = FITTED.map((source) => {
    const shown = measured.filter((sample) => sample.source === source);
    const wrong = shown.filter((sample) => logOdds(sample) >= limit !== sample.live);
    return `${source} ${wrong.length}/${shown.length}`;
  });
  console.log(`BPCER ${share}: log odds ${limit.toFixed(2)}; wrong of seed 4: ${missed.join(', ')}`);
}
if (values.save) writeFileSync(values.save, JSON.stringify([...fitted, ...measured]));

/** Presentations of the fitted species that pass the gates. */
async function simulate(looker: Looker, seed: number): Promise<Sample[]> {
  const kit = await loadKit(looker);
  const samples: Sample[] = [];
  for (const species of CATALOGUE) {
    if (species.heldOut || !FITTED.includes(species.id)) continue;
    const count = species.id === 'selfie' ? Math.round(size * 2.5) : species.id === 'video' ? 24 : size;
    for (let index = 0; index < count; index += 1) {
      const { image } = await species.make(kit, randomOf(seed, species.id, index), index);
      samples.push(...(await sampleOf(looker, image, species.id, species.sort === 'bona fide')));
    }
  }
  return samples;
}

/** The table of spoofs beside the sample faces. */
async function samplesOf(looker: Looker): Promise<Sample[]> {
  const [, ...rows] = readFileSync(facePath('spoof.csv'), 'utf8').trim().split('\n');
  const samples: Sample[] = [];
  for (const row of rows) {
    const [file = '', label] = row.split(',');
    const image = new Uint8Array(readFileSync(facePath(file)));
    samples.push(
      ...(await sampleOf(looker, image, label === 'live' ? 'portrait' : 'sample', label === 'live')),
    );
  }
  return samples;
}

async function sampleOf(looker: Looker, image: Uint8Array, source: string, live: boolean): Promise<Sample[]> {
  const look = await looker.look(image);
  if ('refused' in look || look.subject === undefined || findProblem(look, VERIFY_GATES)) return [];
  const cues = livenessCues(look.subject);
  return [{ source, live, cues: CUES.map((cue) => cues[cue]) }];
}
