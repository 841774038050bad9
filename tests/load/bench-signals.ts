import { parseArgs } from 'node:util';
import { hasChromium } from '@selfsame/testing/browser';
import { type LoadRun, runClosed } from './biometrics/load.ts';
import { median, percentile } from './percentiles.ts';
import { collectorLimits, measureCollectorRuns } from './signals/collector.ts';
import { measureLookups } from './signals/lookups.ts';
import { openStand, type SignalsStand } from './signals/stand.ts';
import type { Served } from './signals/stream-clock.ts';

/**
 * `pnpm bench:signals`: what signals cost. An assessment: the real service (a process of its own, real Postgres, sample databases
 * of addresses, people with a past) is asked as in production: each session once when its page is opened and once with its look,
 * with all facts of an ordinary browser. Server time is from the arrival of a call to the departure of its answer, taken inside of
 * the service's process; the load comes from this one, on the same cores. Then lookups of addresses beside the bare reader of the
 * `maxmind` package, and what the page's collector weighs and takes of the main thread in Chromium. Medians of the rounds.
 *
 * `--quick` takes about a minute; `--visits 100000` is how long the past is; `--only assessments|lookups|collector` leaves parts out.
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    visits: { type: 'string' },
    only: { type: 'string', multiple: true },
  },
});
const size = values.quick
  ? { rounds: 2, runMs: 2_000, people: 200, visits: Number(values.visits ?? 10_000), pages: 3 }
  : { rounds: 5, runMs: 5_000, people: 1_000, visits: Number(values.visits ?? 100_000), pages: 9 };
const levels = [1, 4, 16];
const aims = { serverP99Ms: 5, ofBareReader: 0.9 };
const has = (part: string) => values.only === undefined || values.only.includes(part);

/** Some seconds of calls at one level of concurrency. */
interface Round {
  readonly run: LoadRun;
  readonly served: Served;
}

/** A line of the table at the end. */
interface Figure {
  readonly what: string;
  readonly reached: string;
  readonly aim: string;
}

const figures: Figure[] = [];
const stand = await openStand(size.people, size.visits);
try {
  if (has('assessments')) figures.push(...(await benchAssessments(stand)));
  if (has('lookups')) figures.push(...(await benchLookups(stand)));
} finally {
  await stand.stop();
}
if (has('collector')) figures.push(...(await benchCollector()));
console.table(figures);

async function benchAssessments({ service, nextVisit, visits }: SignalsStand): Promise<Figure[]> {
  const [opening, look] = [nextVisit(), nextVisit()];
  const facts = opening.observation?.facts.length;
  console.log(
    `${await visits()} visits on record; ${facts} facts a call, with a look ${look.evidence?.mediaSignals.length} traces more`,
  );
  const ask = () => service.client.assess(nextVisit());
  await runClosed(ask, 4, size.runMs);
  const rounds = new Map<number, Round[]>(levels.map((level) => [level, []]));
  for (let round = 0; round < size.rounds; round += 1) {
    for (const level of levels) {
      await service.served();
      const run = await runClosed(ask, level, size.runMs);
      rounds.get(level)?.push({ run, served: await service.served() });
    }
  }
  printRounds(rounds);
  const best = Math.max(...[...rounds.values()].map((each) => middle(each, ({ run }) => run.perSecond)));
  const quiet = rounds.get(1) ?? [];
  const served = (p: number) => middle(quiet, (round) => percentile(round.served.tookMs, p)).toFixed(2);
  return [
    { what: 'assessments a second', reached: best.toFixed(0), aim: '' },
    { what: 'server time of Assess, p50', reached: `${served(50)} ms`, aim: '' },
    { what: 'server time of Assess, p99', reached: `${served(99)} ms`, aim: `<= ${aims.serverP99Ms} ms` },
  ];
}

function printRounds(rounds: Map<number, Round[]>): void {
  console.table(
    [...rounds].map(([callers, each]) => {
      const two = (of: (round: Round) => number) => middle(each, of).toFixed(2);
      const refused = each.flatMap(({ run }) => Object.values(run.refused));
      return {
        callers,
        'assessments/s': two(({ run }) => run.perSecond),
        'server p50 ms': two(({ served }) => percentile(served.tookMs, 50)),
        'server p99 ms': two(({ served }) => percentile(served.tookMs, 99)),
        'caller p50 ms': two(({ run }) => percentile(run.latenciesMs, 50)),
        'caller p99 ms': two(({ run }) => percentile(run.latenciesMs, 99)),
        'service cpu ms': two(({ served }) => served.cpuMs / served.tookMs.length),
        refused: refused.reduce((sum, count) => sum + count, 0),
      };
    }),
  );
}

async function benchLookups({ ipData }: SignalsStand): Promise<Figure[]> {
  const compared = await measureLookups(ipData, size.rounds);
  console.table(
    compared.map(({ what, bare, ours, ratio }) => ({
      what,
      'bare /s': bare,
      'ours /s': ours,
      ratio: ratio.toFixed(2),
    })),
  );
  const all = compared.at(-1);
  if (all === undefined) return [];
  const databases = compared.slice(0, -1).map(({ ratio }) => ratio);
  const aim = `>= ${aims.ofBareReader}`;
  return [
    { what: 'lookups a second, all databases and lists', reached: all.ours.toFixed(0), aim: '' },
    { what: 'of the bare reader, all databases', reached: all.ratio.toFixed(2), aim },
    { what: 'of the bare reader, median database', reached: median(databases).toFixed(2), aim },
  ];
}

async function benchCollector(): Promise<Figure[]> {
  if (!hasChromium) return [{ what: 'collector', reached: 'no Chromium', aim: '' }];
  const { bytes, mainThreadMs, longestTaskMs, facts } = await measureCollectorRuns(size.pages);
  const { bytes: bytesMax, mainThreadMs: threadMax, longestTaskMs: taskMax } = collectorLimits;
  return [
    { what: 'collector, gzip', reached: `${bytes} bytes`, aim: `<= ${bytesMax} bytes` },
    { what: 'collector, main thread', reached: `${mainThreadMs.toFixed(0)} ms`, aim: `<= ${threadMax} ms` },
    { what: 'collector, longest task', reached: `${longestTaskMs.toFixed(0)} ms`, aim: `<= ${taskMax} ms` },
    { what: 'facts that it told', reached: String(facts), aim: '' },
  ];
}

function middle(rounds: readonly Round[], of: (round: Round) => number): number {
  return median(rounds.map(of));
}
