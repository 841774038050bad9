import { afterAll, beforeAll, expect, it } from 'vitest';
import { biometricsGone } from './biometrics-gone.ts';
import { clockDrills } from './clock-skew.ts';
import type { Drill } from './drill.ts';
import { practise } from './drill-run.ts';
import { isGood } from './judgement.ts';
import { natsDiskFull } from './nats-disk-full.ts';
import { natsGone } from './nats-gone.ts';
import { postgresGone } from './postgres-gone.ts';
import { describe as describeOutcomes } from './report.ts';
import { slowNetwork } from './slow-network.ts';
import { type Stage, setStage } from './stage.ts';

/** The short form of `pnpm drill`; docs/drills.md says what it proves. */
const forMs = 2_000;

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({});
}, 180_000);
afterAll(() => stage?.close(), 60_000);

async function goesWell(drill: Drill) {
  const outcome = await practise(stage, drill, forMs);
  expect(isGood(outcome), describeOutcomes([outcome]).join('\n')).toBe(true);
  return outcome;
}

it.each([postgresGone, biometricsGone])(
  'users are told to come again while $what, and afterwards all is as it was',
  async (drill) => {
    const { refused } = await goesWell(drill);
    expect(refused.size).toBeGreaterThan(0);
  },
  240_000,
);

it.each([natsGone, slowNetwork, natsDiskFull])(
  'users get clear answers only while $what, and nothing is lost',
  async (drill) => {
    await goesWell(drill);
  },
  240_000,
);

it('users notice nothing of clocks that are minutes apart', async () => {
  const apart = clockDrills.find(({ name }) => name === 'clocks-apart');
  if (apart === undefined) throw new Error('there is no such drill');
  const { ok, requests } = await goesWell(apart);
  expect(ok).toBe(requests);
}, 240_000);
