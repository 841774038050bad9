import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CATALOGUE } from './catalogue.ts';
import { runLab } from './lab-run.ts';
import { describe, summarise } from './report.ts';
import { createSheets } from './sheet.ts';
import { recordings } from './species/recordings.ts';

/**
 * `pnpm lab:attacks [--quick] [--seed n] [--species a,b] [--count n] [--recordings dir] [--save dir] [--json file]`: shows simulated attacks and bona
 * fide presentations to the real pipeline and prints error rates. Exit code 0 when the run is complete: rates are a
 * finding, not a failure.
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    species: { type: 'string' },
    count: { type: 'string' },
    recordings: { type: 'string' },
    save: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const USAGE =
  'usage: lab:attacks [--quick] [--seed N] [--species a,b] [--count N] [--recordings DIR] [--save DIR] [--json FILE]';
if (values.help) {
  console.log(`${USAGE}\nspecies: ${CATALOGUE.map(({ id }) => id).join(', ')}`);
  process.exit(0);
}
// What somebody's own recordings lack is told in one line.
process.on('uncaughtException', (error) => {
  console.error(error.message);
  process.exit(1);
});
const wanted = values.species?.split(',');
const known = values.recordings === undefined ? CATALOGUE : recordings(values.recordings);
const unknown = wanted?.filter((id) => !known.some((species) => species.id === id)) ?? [];
const seed = Number(values.seed);
const count = values.count === undefined ? undefined : Number(values.count);
if (![seed, count ?? 1].every(Number.isSafeInteger) || unknown.length > 0) {
  console.error(USAGE);
  console.error(`species: ${known.map(({ id }) => id).join(', ')}`);
  process.exit(2);
}

const stopping = new AbortController();
for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(event, () => stopping.abort());
const startedAt = performance.now();
const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`;
let told = 0;
const species = known.filter(({ id }) => wanted?.includes(id) ?? true);
const sheets = values.save === undefined ? undefined : createSheets(values.save);
console.log(`seed ${seed}, ${species.length} species${values.quick ? ', quick' : ''}`);
const outcomes = await runLab({
  species,
  presentations: (one) => count ?? (values.quick ? one.quick : one.full),
  seed,
  recordings: values.recordings,
  threads: 2,
  saved: sheets ? 16 : 0,
  signal: stopping.signal,
  save: (id, index, frames) => sheets?.add(id, index, frames),
  report(done, total) {
    if (done < total && performance.now() - told < 5000) return;
    told = performance.now();
    console.log(`${seconds()}  ${done} of ${total} presentations`);
  },
});
await sheets?.write();
const results = summarise(species, outcomes);
if (values.json)
  writeFileSync(values.json, JSON.stringify({ seed, quick: values.quick, results, outcomes }, undefined, 1));
console.log(describe(results, outcomes).join('\n'));
if (stopping.signal.aborted) {
  console.error('interrupted: not every presentation was made');
  process.exitCode = 1;
}
