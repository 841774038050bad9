import { parseArgs } from 'node:util';
import { type LoadRun, runClosed } from './biometrics/load.ts';
import { median, percentile } from './percentiles.ts';
import { openStand, type SignalsStand } from './signals/stand.ts';
import type { Served } from './signals/stream-clock.ts';

/**
 * `pnpm bench:signals`: what an assessment costs. The real service (a process of its own, real Postgres, sample databases of
 * addresses, people with a past) is asked as in production: each session once when its page is opened and once with its look,
 * with all facts of an ordinary browser. Server time is from the arrival of a call to the departure of its answer, taken inside of
 * the service's process; the load comes from this one, on the same cores. Medians of the rounds.
 *
 * `--quick` takes less than a minute; `--visits 100000` is how long the past is.
 */
const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, visits: { type: 'string' } },
});
const size = values.quick
  ? { rounds: 2, runMs: 2_000, people: 200, visits: Number(values.visits ?? 10_000) }
  : { rounds: 5, runMs: 5_000, people: 1_000, visits: Number(values.visits ?? 100_000) };
const levels = [1, 4, 16];
const limits = { serverP99Ms: 5 };

interface Round {
  readonly run: LoadRun;
  readonly served: Served;
}

const stand = await openStand(size.people, size.visits);
try {
  const facts = stand.nextVisit().observation?.facts.length;
  const traces = stand.nextVisit().evidence?.mediaSignals.length;
  console.log(
    `${await stand.visits()} visits on record; ${facts} facts a call, with a look ${traces} traces more`,
  );
  printAssessments(await measureAssessments(stand));
} finally {
  await stand.stop();
}

async function measureAssessments({ service, nextVisit }: SignalsStand): Promise<Map<number, Round[]>> {
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
  return rounds;
}

function printAssessments(rounds: Map<number, Round[]>): void {
  const middle = (each: Round[], of: (round: Round) => number) => median(each.map(of)).toFixed(2);
  console.table(
    [...rounds].map(([callers, each]) => ({
      callers,
      'assessments/s': middle(each, ({ run }) => run.perSecond),
      'server p50 ms': middle(each, ({ served }) => percentile(served.tookMs, 50)),
      'server p99 ms': middle(each, ({ served }) => percentile(served.tookMs, 99)),
      'caller p50 ms': middle(each, ({ run }) => percentile(run.latenciesMs, 50)),
      'caller p99 ms': middle(each, ({ run }) => percentile(run.latenciesMs, 99)),
      'service cpu ms': middle(each, ({ served }) => served.cpuMs / served.tookMs.length),
      refused: each.reduce(
        (sum, { run }) => sum + Object.values(run.refused).reduce((all, one) => all + one, 0),
        0,
      ),
    })),
  );
  const quiet = rounds.get(1)?.map(({ served }) => percentile(served.tookMs, 99)) ?? [];
  console.log(
    `p99 of a quiet service: ${median(quiet).toFixed(2)} ms; the limit is ${limits.serverP99Ms} ms`,
  );
}
