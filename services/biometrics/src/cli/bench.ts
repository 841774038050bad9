import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createLog } from '@selfsame/runtime/log';
import { assetPlaces, loadModelBytes } from '../assets.ts';
import { openWorkerPool } from '../outbound/worker-pool.ts';
import { createLooker } from '../pipeline/look.ts';
import { loadModels, type ModelBytes } from '../pipeline/models.ts';
import type { Stages } from '../pipeline/stages.ts';

/**
 * node services/biometrics/src/cli/bench.ts [--looks 100] picture...
 *
 * Where the time of a look goes, and how many looks a second one and two threads manage. Give it camera frames
 * (640x480) that show one face.
 */
const { values, positionals } = parseArgs({
  options: { looks: { type: 'string', default: '100' } },
  allowPositionals: true,
});
const looks = Number(values.looks);
if (positionals.length === 0 || !(looks >= 1)) {
  console.error('usage: node services/biometrics/src/cli/bench.ts [--looks 100] picture...');
  process.exit(2);
}
const pictures = await Promise.all(positionals.map(async (path) => new Uint8Array(await readFile(path))));
const models = await loadModelBytes(assetPlaces(process.env));
await printStages(models);
for (const workers of [1, 2]) await printThroughput(models, workers);

/** One look after the other in this thread: medians of each stage. */
async function printStages(bytes: ModelBytes): Promise<void> {
  const looker = createLooker(await loadModels(bytes));
  await looker.warm();
  const rows: (Stages & { total: number })[] = [];
  for (let index = 0; index < looks; index += 1) {
    const start = performance.now();
    const look = await looker.look(picture(index));
    if ('refused' in look) throw new Error(look.refused);
    rows.push({ ...look.stages, total: performance.now() - start });
  }
  const middle = (stage: keyof (typeof rows)[number]) => median(rows.map((row) => row[stage]));
  const stages = ['decode', 'detect', 'mesh', 'embed', 'quality', 'liveness', 'media'] as const;
  console.log(`median of ${looks} looks, one thread`);
  for (const stage of stages) print(stage, middle(stage));
  print('total', middle('total'));
  print('models alone', middle('models'));
  console.log(`  total is ${(middle('total') / middle('models')).toFixed(2)} times the models alone`);
}

/** As many looks at once as the queue holds. */
async function printThroughput(bytes: ModelBytes, workers: number): Promise<void> {
  const log = createLog('bench', 'error');
  const pool = await openWorkerPool({
    models: bytes,
    workers,
    queueLimit: looks,
    log,
    onBroken: (error) => {
      throw error;
    },
  });
  const waiting = new AbortController().signal;
  const start = performance.now();
  await Promise.all(Array.from({ length: looks }, (_, index) => pool.look(picture(index), waiting)));
  const seconds = (performance.now() - start) / 1_000;
  console.log(`${workers} worker${workers > 1 ? 's' : ''}: ${(looks / seconds).toFixed(1)} looks/s`);
  await pool.close();
}

/** A copy: a look takes the memory along. */
function picture(index: number): Uint8Array {
  return new Uint8Array(pictures[index % pictures.length] ?? []);
}

function median(numbers: number[]): number {
  return numbers.toSorted((one, other) => one - other)[numbers.length >> 1] ?? Number.NaN;
}

function print(name: string, ms: number): void {
  console.log(`  ${name.padEnd(14)} ${ms.toFixed(2).padStart(7)} ms`);
}
