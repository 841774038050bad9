import { parseArgs } from 'node:util';
import { runChaos } from './chaos-run.ts';
import { describe, isProven } from './report.ts';

/**
 * `pnpm chaos --events 100000 --kills 200 [--seed 1]`: the crash-loss proof. Exit code 0 when nothing was lost, reordered
 * where order is promised, or contradicted.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '2000' },
    kills: { type: 'string', default: '20' },
    seed: { type: 'string' },
  },
});
const options = {
  events: Number(values.events),
  kills: Number(values.kills),
  seed: values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed),
};
if (!Object.values(options).every((value) => Number.isSafeInteger(value) && value >= 0)) {
  console.error('usage: chaos [--events N] [--kills N] [--seed N]');
  process.exit(2);
}

const stopping = new AbortController();
for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(event, () => stopping.abort());
console.log(`seed ${options.seed}: ${options.events} events, ${options.kills} kills`);
try {
  const startedAt = performance.now();
  const report = (line: string) =>
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(7)} s  ${line}`);
  const result = await runChaos({ ...options, signal: stopping.signal, report });
  console.log(describe(result, options).join('\n'));
  process.exitCode = isProven(result) ? 0 : 1;
} catch (error) {
  console.error(stopping.signal.aborted ? 'interrupted' : error);
  process.exitCode = 1;
}
