import { readWish, usage, type Wish } from './arguments.ts';
import { drain, isSeamless } from './drain/drain-run.ts';
import { describeDrain } from './drain/report.ts';
import { practise } from './drill-run.ts';
import { isGood, type Outcome } from './judgement.ts';
import { describe } from './report.ts';
import { setStage } from './stage.ts';

/**
 * `pnpm drill [name…] [--seconds 20]`: bad days, practised on a whole system with users in it. A name stands for all drills
 * that begin with it. Exit code 0 when users got clear answers only, it healed by itself and nothing was lost.
 *
 * `pnpm drill drain [--times 20] [--replicas 2] [--at-once 3]`: every service is restarted again and again. Exit code 0 when no request
 * failed, nothing was lost and every process ended in order.
 */
const wish = readWish(process.argv.slice(2));
if (wish === null) {
  console.error(usage);
  process.exit(2);
}

const stopping = new AbortController();
for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(event, () => stopping.abort());
const startedAt = performance.now();
const report = (line: string) =>
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(7)} s  ${line}`);

/** @returns whether it went well */
async function practiseDrain({
  times,
  replicas,
  atOnce,
}: Extract<Wish, { kind: 'drain' }>): Promise<boolean> {
  const { signal } = stopping;
  const outcome = await drain({ times, replicas, atOnce, preStopMs: 1_000, graceMs: 20_000, signal, report });
  console.log(describeDrain(outcome, performance.now() - startedAt).join('\n'));
  return isSeamless(outcome);
}

/** @returns whether it went well */
async function practiseDrills({ drills, seconds }: Extract<Wish, { kind: 'drills' }>): Promise<boolean> {
  const stage = await setStage({ signal: stopping.signal });
  const outcomes: Outcome[] = [];
  try {
    for (const drill of drills) {
      report(`${drill.name}: ${drill.what}, ${seconds} s`);
      outcomes.push(await practise(stage, drill, seconds * 1000));
    }
  } finally {
    await stage.close();
    console.log(describe(outcomes).join('\n'));
  }
  return outcomes.every(isGood);
}

try {
  const isWell = wish.kind === 'drain' ? await practiseDrain(wish) : await practiseDrills(wish);
  process.exitCode = isWell ? 0 : 1;
} catch (error) {
  console.error(stopping.signal.aborted ? 'interrupted' : error);
  process.exitCode = 1;
}
