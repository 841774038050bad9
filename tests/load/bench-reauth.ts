import { parseArgs } from 'node:util';
import { startWorld, type World } from '../harness/world.ts';
import { type BareModels, measureBareModels } from './bare-models.ts';
import { percentile } from './percentiles.ts';
import { enrolPeople, type Person, type RateResult, runRate } from './reauth-run.ts';
import { type Stage, stageShares } from './stage-shares.ts';
import { startWebhookClock, type WebhookClock } from './webhook-clock.ts';

/**
 * `pnpm bench:reauth`: time from a frame's first byte sent to its webhook's first byte received, on the whole system
 * in its own processes, beside the bare models in the same run. Sessions are created and opened before the clock runs;
 * the load comes from this process, on the same cores.
 */
const photos = ['img/p01_1.jpg', 'img/p02_1.jpg', 'img/p03_1.jpg', 'img/p19_1.jpg'];
const aim = { p99Ms: 100, atRate: 5, shareOfBare: 0.7 };
/** A rate is held when all were told and the median stays under half a second: the queue does not grow. */
const heldMedianMs = 500;

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '20' }, rates: { type: 'string', default: '1,5,10' } },
});
const seconds = Number(values.seconds);
const rates = values.rates.split(',').map(Number);

const world = await startWorld({ LOG_LEVEL: 'warn', SESSION_CREATIONS_PER_MINUTE: '100000' });
const clock = await startWebhookClock();
let results: RateResult[];
let held: RateResult;
try {
  await world.api.post('/v3/webhook/destinations/', {
    label: 'clock',
    url: clock.url,
    subscribed_events: ['status.updated'],
  });
  console.log('enrolling');
  const people = await enrolPeople(world, photos, 200);
  await tellOnlyTheClock(world, clock);
  console.log('warming up');
  await runRate(world, clock, people, 10);
  results = [];
  for (const rate of rates) {
    console.log(`${rate} re-auths a second for ${seconds} s`);
    results.push(await runRate(world, clock, people.slice(0, Math.min(people.length, rate * seconds)), rate));
  }
  held = await highestRateHeld(world, clock, people);
} finally {
  await clock.close();
  await world.stop();
}
console.log('the bare models, nothing else running');
const bare = await measureBareModels(photos);
console.log('the stages, from the spans of quiet re-auths');
print(results, held, bare, await stageShares(photos));

/** One receiver, as an application has: the demo's and the harness's own would be posted to as well. */
async function tellOnlyTheClock(target: World, told: WebhookClock): Promise<void> {
  const destinations = await target.api.get('/v3/webhook/destinations/');
  for (const { uuid, url } of destinations.body) {
    if (url !== told.url) await target.api.delete(`/v3/webhook/destinations/${uuid}/`);
  }
}

/** Raises the rate by a fifth until it is not held any more. */
async function highestRateHeld(target: World, told: WebhookClock, people: Person[]): Promise<RateResult> {
  let best: RateResult | undefined;
  for (let rate = 10; rate < 1000; rate *= 1.2) {
    console.log(`${rate.toFixed(1)} re-auths a second`);
    const result = await runRate(target, told, people, rate);
    const isHeld =
      result.latenciesMs.length === result.offered && percentile(result.latenciesMs, 50) < heldMedianMs;
    if (!isHeld) break;
    best = result;
  }
  if (best === undefined) throw new Error('not even the lowest rate was held');
  return best;
}

function print(rows: RateResult[], best: RateResult, bareModels: BareModels, stages: Stage[]): void {
  const ms = (value: number) => value.toFixed(1);
  console.log('\nframe sent → webhook received');
  console.table(
    [...rows, best].map((row) => ({
      'offered /s': row === best ? `${row.rate.toFixed(1)} (highest held)` : row.rate,
      told: `${row.latenciesMs.length}/${row.offered}`,
      'p50 ms': ms(percentile(row.latenciesMs, 50)),
      'p95 ms': ms(percentile(row.latenciesMs, 95)),
      'p99 ms': ms(percentile(row.latenciesMs, 99)),
    })),
  );
  const totalMs = stages.reduce((sum, stage) => sum + stage.medianMs, 0);
  console.log('where a quiet re-auth spends its time (medians)');
  console.table(
    stages.map(({ name, medianMs }) => ({
      stage: name,
      ms: ms(medianMs),
      share: `${Math.round((100 * medianMs) / totalMs)} %`,
    })),
  );
  const atAim = rows.find((row) => row.rate === aim.atRate);
  const share = best.throughput / bareModels.perSecond;
  console.log('against the limits');
  console.table([
    {
      what: `p99 at ${aim.atRate}/s`,
      reached: atAim === undefined ? 'not run' : `${ms(percentile(atAim.latenciesMs, 99))} ms`,
      aim: `< ${aim.p99Ms} ms`,
    },
    {
      what: `bare models, ${bareModels.threads} threads`,
      reached: `${bareModels.perSecond.toFixed(1)}/s, ${ms(bareModels.frameMs)} ms a frame`,
      aim: 'the limit',
    },
    { what: 'held rate / bare limit', reached: share.toFixed(2), aim: `>= ${aim.shareOfBare}` },
  ]);
}
