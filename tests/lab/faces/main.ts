import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SIMILARITY } from '@selfsame/biometrics/domain/calibration';
import { assetsDirectory } from '@selfsame/testing/assets';
import { eer, errorCurve } from '../statistics.ts';
import { tableOf } from '../table.ts';
import { drawCurves } from './curve.ts';
import { readFaceFolder } from './folder.ts';
import { type Seen, seeAll } from './measure.ts';
import { describeLiveness } from './presentations.ts';
import {
  type ComparedPair,
  comparePairs,
  crossPairs,
  describeThreshold,
  scoresOf,
  shareWithInterval,
  thresholdFor,
} from './verification.ts';

/**
 * `pnpm eval:faces [folder] [--cross] [--svg curve.svg]`: how the service's own pipeline does on a folder of faces with
 * pairs.csv (a, b, same) and spoof.csv (file, label), after ISO/IEC 19795-1 and 30107-3. Without a folder, the sample faces.
 * --cross also compares all pictures of different people.
 */
const { values, positionals } = parseArgs({
  options: {
    cross: { type: 'boolean', default: false },
    svg: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
// pnpm runs scripts in their package; paths are meant from where the user stands.
const here = process.env.INIT_CWD ?? process.cwd();

/** Scores of the product's defaults and where each comes from. */
const PRODUCT_THRESHOLDS = [
  { score: 30, cosine: cosineOf(30), origin: 'default of standalone calls; LFW, FMR 1e-3' },
  { score: 50, cosine: cosineOf(50), origin: 'workflows decline at or below; LFW, FMR 1e-4' },
  { score: 70, cosine: cosineOf(70), origin: 'workflows review at or below; LFW, FMR 1e-5' },
];
const FORMS = ['plain', 'protected'] as const;

const USAGE = `pnpm eval:faces [folder] [--cross] [--svg faces-curve.svg]

folder   holds pairs.csv (a,b,same) and spoof.csv (file,label), or one of them; further columns: group (both), group_a
         and group_b (pairs.csv), kind (spoof.csv). Without it, the sample faces.
--cross  compares all pictures of different people as well
--svg    where the curves are drawn`;

try {
  if (values.help) console.log(USAGE);
  else await evaluate(positionals[0] ? resolve(here, positionals[0]) : join(assetsDirectory(), 'faces'));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** The cosine that reads a score of the calibration. */
function cosineOf(wanted: number): number {
  return SIMILARITY.find(([, score]) => score === wanted)?.[0] ?? Number.NaN;
}

async function evaluate(directory: string): Promise<void> {
  const folder = readFaceFolder(directory);
  const names = new Set([
    ...folder.pairs.flatMap(({ a, b }) => [a, b]),
    ...folder.presentations.map(({ file }) => file),
  ]);
  console.log(
    `${directory}: ${names.size} pictures, ${folder.pairs.length} pairs, ${folder.presentations.length} presentations`,
  );
  for (const mistake of folder.mistakes.slice(0, 20)) console.log(`  left out: ${mistake}`);
  if (folder.mistakes.length > 20) console.log(`  and ${folder.mistakes.length - 20} more rows`);
  const seen = await seeAll(directory, [...names], (done, total) => console.error(`  ${done} of ${total}`));

  printAcquisition(seen);
  if (folder.pairs.length > 0) {
    const pairs = values.cross ? [...folder.pairs, ...crossPairs(folder.pairs)] : folder.pairs;
    const compared = comparePairs(pairs, seen);
    printVerification(compared, pairs.length);
    printGroups(compared);
    await saveCurve(compared);
  }
  if (folder.presentations.length > 0) {
    for (const { title, rows } of describeLiveness(folder.presentations, seen)) {
      console.log(`\n${title}`);
      printTable(rows);
    }
  }
}

function printAcquisition(seen: ReadonlyMap<string, Seen>): void {
  const all = [...seen.values()];
  const failed = (failure: Seen['failure']) => all.filter((one) => one.failure === failure).length;
  const count = (label: string, number: number) => ({
    what: label,
    share: shareWithInterval(number, all.length),
  });
  const problems = Map.groupBy(
    all.filter(({ problem, failure }) => problem !== undefined && failure === undefined),
    ({ problem }) => problem,
  );
  console.log('\nfailure to acquire; pictures that only fail a gate are compared all the same');
  printTable([
    count('file missing or unreadable', failed('unreadable')),
    count('no decodable picture', failed('undecodable')),
    count('no face found', failed('no_face')),
    ...[...problems].map(([problem, pictures]) => count(`gate of a sign-in: ${problem}`, pictures.length)),
  ]);
  const failures = [...seen].filter(([, { failure }]) => failure !== undefined);
  for (const [name, { failure }] of failures.slice(0, 20))
    console.log(`  ${failure?.replace('_', ' ')}: ${name}`);
  if (failures.length > 20) console.log(`  and ${failures.length - 20} more`);
}

function printVerification(compared: readonly ComparedPair[], asked: number): void {
  for (const form of FORMS) {
    const scores = scoresOf(compared, form);
    const { genuine, impostor } = scores;
    console.log(
      `\n${form === 'plain' ? 'plain embeddings' : 'protected templates, what the service compares'}: ` +
        `${genuine.length} genuine and ${impostor.length} impostor pairs` +
        (form === 'plain' && compared.length < asked
          ? `, ${asked - compared.length} could not be compared`
          : ''),
    );
    if (genuine.length === 0 || impostor.length === 0) {
      console.log('  rates need pairs of both kinds');
      continue;
    }
    const equal = eer(genuine, impostor);
    console.log(`  EER ${(equal.rate * 100).toFixed(2)} % at cosine ${equal.threshold.toFixed(3)}`);
    const ofFolder = [1e-2, 1e-3].map((fmr) => {
      const threshold = thresholdFor(scores, fmr);
      const origin = `this folder, FMR ${fmr}`;
      if (threshold === undefined)
        return { origin: `${origin}: needs ${1 / fmr} impostor pairs${values.cross ? '' : ' (--cross)'}` };
      return { origin, ...describeThreshold(scores, threshold) };
    });
    const ofProduct = PRODUCT_THRESHOLDS.map(({ cosine, origin }) => ({
      origin,
      ...describeThreshold(scores, cosine),
    }));
    printTable([...ofFolder, ...ofProduct]);
  }
  console.log(
    '  intervals: Clopper-Pearson, as if pairs were independent; pairs that share a person are not, so the truth is wider',
  );
}

function printGroups(compared: readonly ComparedPair[]): void {
  const groups = Map.groupBy(compared, ({ pair }) => pair.group || 'not given');
  if (compared.every(({ pair }) => pair.group === '')) {
    console.log(
      '\nno groups are given (column group, or group_a and group_b): no differences between groups are shown',
    );
    return;
  }
  console.log('\nby group, protected templates at score 50');
  printTable(
    [...groups]
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([group, pairs]) => {
        const {
          cosine: _,
          score: __,
          ...rates
        } = describeThreshold(scoresOf(pairs, 'protected'), cosineOf(50));
        return { group, ...rates };
      }),
  );
}

async function saveCurve(compared: readonly ComparedPair[]): Promise<void> {
  const impostors = compared.filter(({ pair }) => !pair.same).length;
  const genuines = compared.length - impostors;
  if (impostors === 0 || genuines === 0) return;
  const path = resolve(here, values.svg ?? 'faces-curve.svg');
  const curves = FORMS.map((form) => ({
    name: form,
    colour: form === 'plain' ? '#8a94a6' : '#1a5fd0',
    dashes: form === 'plain' ? '' : '6 4',
    rates: ratesOf(compared, form),
  }));
  await mkdir(dirname(path), { recursive: true });
  const title = `${genuines} genuine and ${impostors} impostor pairs`;
  await writeFile(path, drawCurves(title, curves, 1 / Math.max(impostors, genuines)));
  console.log(`\ncurve: ${path}`);
}

function ratesOf(compared: readonly ComparedPair[], form: (typeof FORMS)[number]) {
  const { genuine, impostor } = scoresOf(compared, form);
  return [...errorCurve(genuine, impostor)];
}

function printTable(rows: Parameters<typeof tableOf>[0]): void {
  console.log(tableOf(rows));
}
