import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assetPlaces, loadModelBytes } from '@selfsame/biometrics/assets';
import { createLooker, type Looker } from '@selfsame/biometrics/pipeline/look';
import { loadModels } from '@selfsame/biometrics/pipeline/models';
import { facePath } from '@selfsame/testing/assets';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomOf } from '../../chaos/random.ts';
import { drawCamera, shoot } from './camera.ts';
import { CATALOGUE } from './catalogue.ts';
import { createExaminer, type Outcome } from './examination.ts';
import { loadPortrait, type Portrait } from './portraits.ts';
import type { Kit, Presentation } from './presentation.ts';
import { describe as describeResults, morphRates, summarise } from './report.ts';
import { drawRoom } from './scenery.ts';
import { recordings } from './species/recordings.ts';

let looker: Looker;
let kit: Kit;

beforeAll(async () => {
  looker = createLooker(await loadModels(await loadModelBytes(assetPlaces(process.env))));
  // One after the other: a looker does one thing at a time.
  const load = async (names: string[]) => {
    const loaded: Portrait[] = [];
    for (const name of names) loaded.push(await loadPortrait(looker, `img/${name}.jpg`));
    return loaded;
  };
  kit = {
    portraits: await load(['p01_3', 'p01_4', 'p08_2', 'p08_3']),
    crops: await load(['p13_1', 'p13_2', 'p16_1', 'p16_2']),
  };
});

async function facesIn(image: Uint8Array): Promise<number> {
  const look = await looker.look(image);
  if ('refused' in look) throw new Error(look.refused);
  return look.faces.length;
}

function digestOf(presentation: Presentation): string {
  const frames = presentation.kind === 'challenged' ? presentation.frames : [presentation];
  return frames.map(({ image }) => Buffer.from(image).toString('base64')).join();
}

describe('every species', () => {
  it.each(CATALOGUE)('$id shows a face', async (species) => {
    const presentation = await species.make(kit, randomOf(1, species.id, 0), 0);
    expect(await facesIn(presentation.image)).toBeGreaterThan(0);
    if (presentation.kind !== 'challenged') return;
    const middle = presentation.frames[presentation.frames.length >> 1];
    expect(await facesIn(middle?.image ?? new Uint8Array())).toBeGreaterThan(0);
    const times = presentation.frames.map(({ takenAtMs }) => takenAtMs);
    expect(times).toEqual([...new Set(times)].sort((one, other) => one - other));
  });

  it('is found in its scene and not in the scene itself', async () => {
    const random = randomOf('empty');
    const camera = drawCamera(random, { width: 480, height: 640 });
    expect(await facesIn(await shoot(drawRoom(random, camera), camera, random))).toBe(0);
  });
});

it.each(['selfie', 'cut-out', 'virtual-camera', 'morph', 'stale-frame'])(
  '%s is the same for the same seed only',
  async (id) => {
    const species = CATALOGUE.find((one) => one.id === id);
    if (species === undefined) throw new Error(`no species ${id}`);
    const make = async (seed: number) => digestOf(await species.make(kit, randomOf(seed), 0));
    const once = await make(1);
    expect(await make(1)).toBe(once);
    expect(await make(2)).not.toBe(once);
  },
);

it('the examiner tells a living person from a real recapture', async () => {
  const { examine } = createExaminer(looker);
  const seen = (name: string) =>
    examine({ kind: 'still', image: new Uint8Array(readFileSync(facePath(name))) }, randomOf(1));
  expect(await seen('img/p01_3.jpg')).toMatchObject({
    status: 'Approved',
    gate: null,
    approvedAt: [true, true, true],
  });
  expect(await seen('spoof/spoof_2.jpg')).toMatchObject({
    status: 'Declined',
    risks: expect.arrayContaining(['LIVENESS_FACE_ATTACK']),
  });
  expect(await seen('edge/dark.jpg')).toMatchObject({ gate: 'too_dark' });
});

it("somebody's own recordings are species by folder, pictures and challenges alike", async () => {
  const directory = mkdtempSync(join(tmpdir(), 'selfsame-lab-'));
  try {
    mkdirSync(join(directory, 'masks', 'take-1'), { recursive: true });
    mkdirSync(join(directory, 'bona-fide-office'));
    cpSync(facePath('spoof/spoof_2.jpg'), join(directory, 'masks', 'a.jpg'));
    cpSync(facePath('img/p01_3.jpg'), join(directory, 'masks', 'take-1', '0.jpg'));
    const steps = [{ pose: 'left', promptedAtMs: 400, withinMs: 1400 }];
    const recorded = { challenge: { method: 'motion', steps }, frames: [{ file: '0.jpg', takenAtMs: 30 }] };
    writeFileSync(join(directory, 'masks', 'take-1', 'challenge.json'), JSON.stringify(recorded));
    const [people, masks] = recordings(directory);
    expect(people).toMatchObject({ id: 'own:bona-fide-office', sort: 'bona fide', full: 0 });
    expect(masks).toMatchObject({ id: 'own:masks', sort: 'attack', real: true, full: 2 });
    expect(await masks?.make(kit, randomOf(1), 0)).toMatchObject({ kind: 'still' });
    const challenge = await masks?.make(kit, randomOf(1), 1);
    expect(challenge).toMatchObject({
      kind: 'challenged',
      challenge: { steps },
      frames: [{ takenAtMs: 30 }],
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

describe('the report', () => {
  const outcome = (change: Partial<Outcome>): Outcome => ({
    species: 'print',
    index: 0,
    status: 'Declined',
    statusWithMedia: 'Declined',
    approvedAt: [false, false, false],
    gate: null,
    liveness: 1,
    risks: ['LIVENESS_FACE_ATTACK'],
    signals: [],
    challengeFailures: [],
    ...change,
  });

  it('counts an attack that a gate stops as refused, and a person whom one stops as not acquired', () => {
    const outcomes = [
      outcome({}),
      outcome({ gate: 'too_small' }),
      outcome({ status: 'Approved' }),
      outcome({ status: 'In Review', statusWithMedia: 'In Review' }),
      outcome({ species: 'selfie', gate: 'blurred' }),
      outcome({ species: 'selfie', status: 'Approved', statusWithMedia: 'In Review' }),
      outcome({ species: 'selfie', status: 'In Review' }),
    ];
    const [print, selfie] = summarise(CATALOGUE, outcomes);
    expect(print).toMatchObject({
      id: 'print',
      presentations: 4,
      stopped: 1,
      reviewed: 1,
      error: { count: 1, trials: 4 },
    });
    expect(selfie).toMatchObject({
      presentations: 3,
      stopped: 1,
      error: { count: 1, trials: 2 },
      errorWithMedia: { count: 2 },
    });
  });

  it('gives exact intervals: no error in 30 trials may still be one in nine', () => {
    const [print] = summarise(
      CATALOGUE,
      Array.from({ length: 30 }, () => outcome({})),
    );
    expect(print?.error.low).toBe(0);
    expect(print?.error.high).toBeCloseTo(0.1157, 3);
  });

  it('takes a morph for accepted only when both people match it', () => {
    const morphs = [
      [[80, 10], [90]],
      [[80, 75], [20]],
    ].map((similarities) => outcome({ species: 'morph', similarities }));
    const { minMax, prodAvg } = morphRates(morphs, 70);
    expect(minMax).toMatchObject({ count: 1, trials: 2 });
    expect(prodAvg).toBeCloseTo(0.25);
  });

  it('says simulated of what is simulated, and marks what is held out', () => {
    const outcomes = ['print', 'monitor', 'recapture'].map((species) => outcome({ species }));
    const lines = describeResults(summarise(CATALOGUE, outcomes), outcomes).join('\n');
    expect(lines).toContain('print on plain paper, simulated');
    expect(lines).toContain('monitor screen *, simulated');
    expect(lines).toContain('recapture (real) ');
    expect(CATALOGUE.filter(({ heldOut }) => heldOut).map(({ id }) => id)).toEqual([
      'monitor',
      'pose-replay',
    ]);
  });
});
