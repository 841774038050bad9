import { parseArgs } from 'node:util';
import { runFuzz } from './fuzz-run.ts';
import { describeFuzz, isSound } from './report.ts';

/**
 * `pnpm fuzz --cases 20000 [--seed 1]`: mutated pictures and multipart bodies against the standalone calls of a whole system.
 * Exit code 0 when every answer was a verdict or a clear refusal, nothing ended and memory stayed bounded.
 */
const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
const [cases, seed] = [Number(values.cases), Number(values.seed)];
if (values.help) {
  console.log('pnpm fuzz [--cases 2000] [--seed 1]');
  process.exit(0);
}
if (![cases, seed].every((value) => Number.isSafeInteger(value) && value >= 0)) {
  console.error('usage: fuzz [--cases N] [--seed N]');
  process.exit(2);
}
const result = await runFuzz({ cases, seed, report: console.log });
describeFuzz(result);
process.exitCode = isSound(result) ? 0 : 1;
