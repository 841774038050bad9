import { parseArgs } from 'node:util';
import { runBench } from './bench-command.ts';
import { type LoadPlan, runLoad } from './whole-system/load-run.ts';
import { print } from './whole-system/report.ts';

/**
 * `pnpm bench:load`: the whole system in its own processes under a mixed load that rises until the aims break; where the
 * limit is and why; what is served at once, twice and three times the limit; and memory over time. The load is open loop:
 * who comes when is fixed beforehand, and latencies count from when something was due. It comes from this process, on the
 * same cores, and its share of them is told.
 *
 * `--minutes` of watching memory (3), all in all some eight minutes then; `--quick` does everything in about one and a half,
 * roughly.
 */
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '3' }, quick: { type: 'boolean', default: false } },
});
const thorough: LoadPlan = {
  people: 320,
  stepSeconds: 12,
  firstRate: 3,
  factor: 1.3,
  stepsMax: 12,
  multiples: [1, 2, 3],
  multipleSeconds: 20,
  memorySeconds: Number(values.minutes) * 60,
};
const quick: LoadPlan = {
  ...thorough,
  people: 80,
  stepSeconds: 5,
  factor: 1.6,
  multipleSeconds: 8,
  memorySeconds: 10,
};

await runBench(async (signal, say) => print(await runLoad(values.quick ? quick : thorough, signal, say)));
