import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { assetPlaces, loadModelBytes } from '@selfsame/biometrics/assets';
import { createLooker } from '@selfsame/biometrics/pipeline/look';
import { loadModels } from '@selfsame/biometrics/pipeline/models';
import { facePath } from '@selfsame/testing/assets';
import { loadKit } from '../attacks/portraits.ts';
import { tableOf } from '../table.ts';
import { measureChallenges } from './challenges.ts';
import { type Change, choose, costsNothing, type Row, rowOf } from './choice.ts';
import { openEncoder, type Setting } from './encoder.ts';
import { attackFrame, type CameraFrame, liveFrame } from './frames.ts';
import { enrol, type Found, find } from './measure.ts';

/**
 * `pnpm lab:pictures [--quick] [--seed n] [--only stills|challenges]`: what size and quality of the page's picture cost the real pipeline, against
 * the same camera frames without loss, and what size and quality of the frames cost a challenge. Pictures are encoded by Chromium's canvas, as the page does it.
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const seed = Number(values.seed);

const LONG_SIDES = values.quick ? [480, 640, 1280] : [480, 640, 720, 960, 1280];
const QUALITIES = values.quick ? [0.5, 0.7, 0.9] : [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];
const settings = LONG_SIDES.flatMap((longSide) =>
  QUALITIES.map((quality): Setting => ({ longSide, quality })),
);
const LOSSLESS: Setting = { longSide: 1280, quality: 1 };

const looker = createLooker(await loadModels(await loadModelBytes(assetPlaces(process.env))));
const kit = await loadKit(looker);
const encoder = await openEncoder();
try {
  if (values.only !== 'challenges') await measureStills();
  if (values.only !== 'stills') await measureFrames();
} finally {
  await encoder.close();
}

async function measureStills(): Promise<void> {
  const references = await enrol(
    looker,
    kit.portraits.map(({ name }) => ({ name, bytes: new Uint8Array(readFileSync(facePath(name))) })),
  );
  const sorts: CameraFrame['sort'][] = [];
  const lossless: Found[] = [];
  const found: Found[][] = settings.map(() => []);
  const [people, attacks] = values.quick ? [6, 4] : [112, 64];
  const total = people + attacks;
  const started = performance.now();
  for (let index = 0; index < total; index += 1) {
    const frame = await (index < people
      ? liveFrame(kit, index, seed)
      : attackFrame(kit, index - people, seed));
    sorts.push(frame.sort);
    lossless.push(await find(looker, frame.png.slice(), frame, references));
    const images = await encoder.encode(frame.png, settings);
    for (const [at, image] of images.entries()) found[at]?.push(await find(looker, image, frame, references));
    if (index % 10 === 9)
      console.error(
        `${((performance.now() - started) / 1000).toFixed(0)} s: ${index + 1} of ${total} frames`,
      );
  }

  const nothingLost = rowOf(LOSSLESS, sorts, lossless, lossless);
  const rows = settings.map((setting, at) => rowOf(setting, sorts, found[at] ?? [], lossless));
  const live = sorts.filter((sort) => sort === 'live').length;
  console.log(
    `${live} live pictures, ${sorts.length - live} attacks, seed ${seed}; lossless 960 x 1280 first:`,
  );
  console.log(
    tableOf([
      lineOf(nothingLost, 'lossless'),
      ...rows.map((row) => lineOf(row, String(row.setting.quality))),
    ]),
  );
  const chosen = choose(rows);
  console.log(
    chosen === undefined
      ? 'every setting costs something'
      : `smallest that costs nothing: ${chosen.setting.longSide} pixels at ${chosen.setting.quality}, ${chosen.kilobytes.toFixed(0)} kB`,
  );
}

async function measureFrames(): Promise<void> {
  const count = values.quick ? 1 : 10;
  const rows = await measureChallenges(looker, kit, encoder, {
    count,
    seed,
    report: (done, total) => done % 5 === 0 && console.error(`${done} of ${total} challenges`),
  });
  console.log(`\nchallenges passed, of ${count} each; the first two are people`);
  console.log(
    tableOf(
      rows.map(({ setting, passed, kilobytes }) => ({
        'long side': setting.longSide,
        quality: String(setting.quality),
        'kB in all': Math.round(kilobytes),
        ...passed,
      })),
    ),
  );
}

function lineOf(row: Row, quality: string) {
  return {
    'long side': row.setting.longSide,
    quality,
    kB: Math.round(row.kilobytes),
    match: changed(row.match),
    liveness: changed(row.liveness),
    'face quality': changed(row.quality),
    'liveness of attacks': changed(row.attackLiveness),
    'not approved': percent(row.refused),
    'attacks approved': percent(row.approved),
    signals: row.signals.mean.toFixed(2),
    'costs nothing': costsNothing(row) ? 'yes' : '',
  };
}

function percent({ mean }: { readonly mean: number }): string {
  return `${(100 * mean).toFixed(0)} %`;
}

function changed({ mean, error }: Change): string {
  return `${mean >= 0 ? '+' : ''}${mean.toFixed(2)} ± ${error.toFixed(2)}`;
}
